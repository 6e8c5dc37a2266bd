"""Registry of the lint rules by code, and `advise`, which runs them on a spec.

`nnspec.spec.advice` has the reason for each code; the spec's `silence` lists codes to skip.
"""

from __future__ import annotations

from collections.abc import Container

from nnspec.errors import Problem, SourceSpan, check_type, in_order
from nnspec.graph.ir import Graph, Path
from nnspec.lint.channels import channels_first
from nnspec.lint.data import (
    INCOMPLETE_TEST,
    incomplete_test,
    no_shuffle,
    pixel_positions,
    unscaled_inputs,
)
from nnspec.lint.findings import Rule
from nnspec.lint.initialization import equal_start, zero_start
from nnspec.lint.layers import (
    activation_twice,
    bias_before_normalization,
    heaviside,
    linear_hidden,
    single_softmax,
    unset_normalization,
    vanishing_gradient,
)
from nnspec.lint.precision import beyond_float32
from nnspec.lint.training import (
    accuracy_of_each_output,
    accuracy_of_several,
    activation_of_logits,
    domain_of_loss,
    learning_rate,
    nothing_trained,
    output_activation,
    squared_loss,
    threshold_of_logits,
)
from nnspec.lint.variables import unused_variable, variable_place
from nnspec.spec.advice import REASONS
from nnspec.spec.document import Spec

ADVICE = "advice"  # severity of the problems


def advise(spec: Spec, graph: Graph, codes: Container[str] = REASONS) -> list[Problem]:
    """Run lint rules on a spec and its resolved graph; problems in the order of the file.

    What is said of a layer is not said again of those that share its weights.
    """
    check_type(spec, Spec)
    check_type(graph, Graph, "nnspec.compile makes one of a spec")
    shared = {node.path for node in graph.nodes if node.is_shared}
    return in_order(
        Problem(message, _place(spec, path), REASONS[code], code, ADVICE)
        for code, rule in RULES.items()
        if code in codes and code not in spec.silence
        for path, message in rule(spec, graph)
        if path not in shared
    )


def _place(spec: Spec, path: Path) -> SourceSpan | None:
    """Where a finding stands; the variables are no longer in the spec."""
    return variable_place(spec, path[-1]) if path[0] == "vars" else spec.locate(*path)


RULES: dict[str, Rule] = {
    "zero-start": zero_start,
    "equal-start": equal_start,
    "unscaled-inputs": unscaled_inputs,
    "linear-hidden": linear_hidden,
    "bias-before-normalization": bias_before_normalization,
    "unset-normalization": unset_normalization,
    "heaviside": heaviside,
    "squared-loss": squared_loss,
    "learning-rate": learning_rate,
    "nothing-trained": nothing_trained,
    "vanishing-gradient": vanishing_gradient,
    "output-activation": output_activation,
    "from-logits": activation_of_logits,
    "loss-domain": domain_of_loss,
    "logit-threshold": threshold_of_logits,
    "single-softmax": single_softmax,
    "accuracy-of-each-output": accuracy_of_each_output,
    "activation-twice": activation_twice,
    "accuracy-of-several": accuracy_of_several,
    "channels-first": channels_first,
    "pixel-positions": pixel_positions,
    "no-shuffle": no_shuffle,
    "unused-variable": unused_variable,
    "beyond-float32": beyond_float32,
    INCOMPLETE_TEST: incomplete_test,
}
