"""The measured code, a module for each, written as its framework's documentation writes it.

Each module has a class `Peer(network, batch_size, option)` with the methods

    load_training(x, y)   load training rows: channels last, classes as numbers
    train(steps)          at most an epoch of updates on shuffled batches, with loss and accuracy
    load_inputs(x)        load rows to predict
    predict()             class probabilities of these rows

`load_training` and `load_inputs` are not timed.
"""
