"""The codes of the advice that `nnspec lint` gives, each with its reason.

They stand apart from the rules, in `nnspec.lint`, because a spec may name them: `silence: [code]`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from nnspec.errors import Problem, did_you_mean, quoted
from nnspec.options.messages import problems_error

REASONS = {
    "zero-start": "where all weights are 0, every gradient is 0 after tanh or relu, but the last "
    "bias's; start at random",
    "equal-start": "neurons with equal weights, in and out, get equal gradients for ever and learn "
    "one pattern; start at random",
    "unscaled-inputs": "large factors drown small ones, and the result depends on the start; "
    "standardize them",
    "linear-hidden": "a stack of linear layers is one linear layer; give it an activation",
    "bias-before-normalization": "the normalization takes it out again, and rounding alone moves "
    "it, on each backend otherwise; write use_bias: false",
    "unset-normalization": "it changes nothing until the weights of a trained network are set; "
    "write both, or standardize the data in a step of `data`",
    "heaviside": "its derivative is 0, so nothing before it can learn; take sigmoid or relu",
    "squared-loss": "where the prediction is wrong its gradient vanishes; cross-entropy's grows "
    "with the error",
    "learning-rate": "large steps overshoot and may diverge; it is usually between 0 and 1",
    "nothing-trained": "no update changes anything; freeze fewer layers",
    "vanishing-gradient": "each shrinks the gradient on its way to the first layers; take relu",
    "output-activation": "the loss needs probabilities: softmax gives one for each of several "
    "classes, sigmoid one for each yes or no",
    "from-logits": "the loss applies sigmoid or softmax itself; leave one of the two out: after "
    "the activation it is computed from logits anyway",
    "loss-domain": "outside them it has no gradient, or is not a number; end in an activation that "
    "gives no others, such as softmax for distributions or relu for counts",
    "logit-threshold": "a probability of 0.5 is the number 0 before sigmoid; binary_accuracy, "
    "precision, recall and f1_score take threshold: 0",
    "single-softmax": "outputs that sum to 1 are always 1 where there is one; take sigmoid",
    "accuracy-of-each-output": "of several classes most are off, rightly; accuracy counts the rows "
    "whose class is right",
    "activation-twice": "the second one gets numbers that the first has squeezed or cut off; take "
    "one of the two away",
    "accuracy-of-several": "it asks for the largest output alone; where several classes of a row "
    "may be on, binary_accuracy counts each yes or no",
    "channels-first": "channels come last; where the images have them first, the "
    "layer `- permute: [2, 3, 1]` moves them",
    "pixel-positions": "a plain network loses the position of pixels; a convolution keeps it",
    "no-shuffle": "batches in a fixed order, perhaps class by class, pull the weights to and fro",
    "unused-variable": "a misspelt name changes nothing; take it out, or silence the advice where "
    "a spec that extends this one reads it",
    "beyond-float32": "float32, in which a run computes, cannot hold it, so the run refuses it; "
    "--precision float64 holds it",
    "incomplete-test": "a figure of test rows needs inputs and targets; inputs alone can be "
    "predicted: nnspec predict RUN test",
    "one-class": "there is nothing to tell apart; look at the labels",
    "missing-class": "what is not learnt cannot be tested, nor the other way round; rows that are "
    "sorted by class are split by: stratified, or with `select: random`",
    "rare-class": "a network that never gives it is hardly less accurate; weigh the classes with "
    "train: {class_weight: balanced}, or measure balanced_accuracy, or auc of one output",
    "zero-target": "a share of 0 is a huge number, which outweighs all other rows; take "
    "mean_absolute_error",
    "out-of-range": "no weights bring the output there; scale the targets, or end in linear",
    "equal-rows": "what was learnt by heart is tested; leave one of the equal rows out, or split "
    "by: {group: COLUMN}, which keeps rows together",
    "equal-groups": "what was learnt of a group is tested on the same group; leave it out on one "
    "side",
    "time-leak": "the past would be predicted from the future; test on later rows",
    "target-leak": "a column that gives the class of 99.9 % of the rows, or correlates by 0.9999, "
    "may follow from the target and be unknown where one predicts; leave it out",
    "id-column": "a name or number that no other row has can only be learnt by heart; leave it out",
    "initial-loss": "where it is so wrong, the first updates are large: scale the inputs and "
    "targets, start with smaller weights, or end in the activation that the loss needs",
    "rising-loss": "the steps overshoot; lower the learning rate, or scale the data",
    "constant-loss": "what has no gradient, or takes no steps, does not learn: start with other "
    "weights, scale the data, take leaky_relu for relu, or raise the learning rate",
    "constant-column": "it becomes the same number in each row, so the network does not see it; "
    "leave it out, or give its numbers with more digits",
}


def _known_code(value: Any) -> Any:
    """The code; an unknown one is answered with the nearest."""
    if isinstance(value, str) and value in REASONS:
        return value
    hint = did_you_mean(str(value), list(REASONS))
    raise problems_error([Problem(f"there is no advice {quoted(value)}", hint=hint)])


Code = Annotated[
    str, BeforeValidator(_known_code), WithJsonSchema({"type": "string", "enum": list(REASONS)})
]
