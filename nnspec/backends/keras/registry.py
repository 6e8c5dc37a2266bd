"""Which function builds the Keras layer, loss, metric or optimizer of each kind."""

from __future__ import annotations

from typing import Any

from nnspec.backends.rules import BackendRules
from nnspec.options.rules import Rules

LAYERS: Rules[Any] = Rules(
    "keras", "layer", "nnspec.backends.keras.layers", {
        "add": "merging",
        "average": "merging",
        "average_pooling1d": "pooling:average_pooling",
        "average_pooling2d": "pooling:average_pooling",
        "average_pooling3d": "pooling:average_pooling",
        "batch_normalization": "normalization",
        "concatenate": "merging",
        "conv1d": "convolution:conv",
        "conv1d_transpose": "convolution:conv_transpose",
        "conv2d": "convolution:conv",
        "conv2d_transpose": "convolution:conv_transpose",
        "conv3d": "convolution:conv",
        "conv3d_transpose": "convolution:conv_transpose",
        "cropping1d": "padding:cropping",
        "cropping2d": "padding:cropping",
        "cropping3d": "padding:cropping",
        "dense": "dense",
        "depthwise_conv1d": "convolution:depthwise_conv",
        "depthwise_conv2d": "convolution:depthwise_conv",
        "dot": "merging",
        "dropout": "regularization",
        "embedding": "embedding",
        "flatten": "reshaping",
        "gaussian_noise": "regularization",
        "gelu": "activations",
        "global_average_pooling1d": "pooling:global_average_pooling",
        "global_average_pooling2d": "pooling:global_average_pooling",
        "global_average_pooling3d": "pooling:global_average_pooling",
        "global_max_pooling1d": "pooling:global_max_pooling",
        "global_max_pooling2d": "pooling:global_max_pooling",
        "global_max_pooling3d": "pooling:global_max_pooling",
        "heaviside": "activations",
        "layer_normalization": "normalization",
        "leaky_relu": "activations",
        "linear": "activations:smooth_activation",
        "max_pooling1d": "pooling:max_pooling",
        "max_pooling2d": "pooling:max_pooling",
        "max_pooling3d": "pooling:max_pooling",
        "maximum": "merging",
        "minimum": "merging",
        "multiply": "merging",
        "permute": "reshaping",
        "prelu": "activations",
        "relu": "activations",
        "reshape": "reshaping",
        "sigmoid": "activations:smooth_activation",
        "silu": "activations:smooth_activation",
        "softmax": "activations",
        "spatial_dropout2d": "regularization:dropout",
        "subtract": "merging",
        "tanh": "activations:smooth_activation",
        "up_sampling1d": "resampling:up_sampling",
        "up_sampling2d": "resampling:up_sampling",
        "up_sampling3d": "resampling:up_sampling",
        "zero_padding1d": "padding:zero_padding",
        "zero_padding2d": "padding:zero_padding",
        "zero_padding3d": "padding:zero_padding",
    },
)  # fmt: skip
LOSSES: Rules[Any] = Rules(
    "keras", "loss", "nnspec.backends.keras.losses", {
        "binary_crossentropy": "crossentropy",
        "binary_focal_crossentropy": "focal",
        "categorical_crossentropy": "crossentropy",
        "categorical_focal_crossentropy": "focal",
        "categorical_hinge": "hinge",
        "cosine_similarity": "regression",
        "half_squared_error": "regression",
        "hinge": "hinge",
        "huber": "regression",
        "kl_divergence": "probabilistic",
        "log_cosh": "regression",
        "mean_absolute_error": "regression",
        "mean_absolute_percentage_error": "regression",
        "mean_squared_error": "regression",
        "mean_squared_logarithmic_error": "regression",
        "poisson": "probabilistic",
        "sparse_categorical_crossentropy": "crossentropy",
        "squared_hinge": "hinge",
    },
)  # fmt: skip
LOSSES_FROM_LOGITS: Rules[Any] = Rules(
    "keras", "loss_from_logits", "nnspec.backends.keras.losses", {
        "binary_crossentropy": "crossentropy:binary_crossentropy_with_sigmoid",
        "binary_focal_crossentropy": "focal:binary_focal_crossentropy_with_sigmoid",
        "categorical_crossentropy": "crossentropy:categorical_crossentropy_with_softmax",
        "categorical_focal_crossentropy": "focal:categorical_focal_crossentropy_with_softmax",
        "sparse_categorical_crossentropy": "crossentropy:sparse_crossentropy_with_softmax",
    },
)  # fmt: skip
METRICS: Rules[Any] = Rules("keras", "metric", "nnspec.backends.keras", {
    "accuracy": "metrics",
    "binary_accuracy": "metrics",
})  # fmt: skip
OPTIMIZERS: Rules[Any] = Rules(
    "keras", "optimizer", "nnspec.backends.keras.optimizers", {
        "adadelta": "adagrad",
        "adagrad": "adagrad",
        "adam": "adam",
        "adamax": "adam",
        "adamw": "adam:adam",
        "ftrl": "ftrl",
        "lamb": "adam",
        "lion": "lion",
        "nadam": "adam",
        "rmsprop": "rmsprop",
        "sgd": "sgd",
    },
)  # fmt: skip

RULES = BackendRules(LAYERS, LOSSES, LOSSES_FROM_LOGITS, METRICS, OPTIMIZERS)
