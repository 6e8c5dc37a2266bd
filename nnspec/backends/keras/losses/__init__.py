"""Losses in keras.ops.

Keras' own losses clip probabilities on some engines and round some constants to float32.
"""
