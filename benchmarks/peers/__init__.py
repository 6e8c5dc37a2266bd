"""The contestants' own code, a file each, written as its framework's documentation writes it.

Each file has a class `Contestant(network, batch_size, option)` with

    place(x, y)      put training rows where it computes: channels last, classes as numbers
    train(steps)     at most an epoch of updates on shuffled batches; keeps loss and accuracy
    show(x)          put rows to predict where it computes
    predict()        the classes' probabilities for those rows

`place` and `show` are never on the clock.
"""
