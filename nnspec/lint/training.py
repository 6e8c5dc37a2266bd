"""Lint rules about the loss, the learning rate and what is trained."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from nnspec.components.layers.base import Layer
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.metrics.classification import Accuracy, BinaryAccuracy
from nnspec.components.optimizers.base import Optimizer
from nnspec.components.preprocessing.categories import OneHotTransform
from nnspec.components.schedules.base import highest_rate
from nnspec.components.sources.inline import InlineRows
from nnspec.graph.ir import Graph, Path
from nnspec.graph.objectives import Objective, objectives
from nnspec.lint.findings import Finding, head, is_trained
from nnspec.spec.data_steps import Side as DataSide
from nnspec.spec.data_steps import step_lists
from nnspec.spec.document import Spec


def squared_loss(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A squared-error loss on a probability output (softmax, sigmoid)."""
    for objective in objectives(spec, graph):
        last = head(graph, objective.output)
        if objective.loss.squared_error and last and last.layer.probabilities:
            end = f"{_subject(graph, objective)} ends in {last.kind}"
            yield Finding(objective.path, f"{end}, and the loss is a squared error")


def output_activation(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A cross-entropy, as the loss or a metric, after another output activation than its own."""
    for objective in objectives(spec, graph):
        last = head(graph, objective.output)
        found = "linear" if last is None or last.layer.affine else last.kind
        end = f"{_subject(graph, objective)} ends in {found}"
        for path, loss in _losses(objective):
            if not loss.takes_logits and loss.fuses_with not in (None, found):
                yield Finding(path, f"{end}, and {loss.kind} goes with {loss.fuses_with}")


def activation_of_logits(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """An activation before a loss that applies one itself, as `from_logits` says."""
    for objective in objectives(spec, graph):
        last = head(graph, objective.output)
        for path, loss in _losses(objective):
            if loss.takes_logits and last and not _gives_logits(last.layer, loss):
                end = f"{_subject(graph, objective)} ends in {last.kind}"
                yield Finding(path, f"{end}, and {loss.kind} has from_logits: true")


def _gives_logits(layer: Layer, loss: Loss) -> bool:
    """Whether outputs are logits: any numbers; softmax gives those of log-probabilities back."""
    return layer.affine or (layer.log_probabilities and loss.fuses_with == "softmax")


def threshold_of_logits(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A metric that takes outputs above 0.5 for a yes, where they are numbers around 0."""
    for objective in objectives(spec, graph):
        if not objective.loss.takes_logits and objective.loss.targets != "signs":
            continue
        shape = graph.specs[graph.outputs[objective.output]].shape
        for path, metric in ((n.path, n.metric) for n in objective.metrics):
            threshold = metric.threshold_of(shape) if isinstance(metric, Metric) else None
            if threshold:
                message = f"{metric.kind} takes outputs above {threshold:g} for a yes"
                yield Finding(path, f"{message}, and {objective.loss.kind} those above 0")


def domain_of_loss(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A loss of numbers in an interval, after an output activation that leaves it."""
    for objective in objectives(spec, graph):
        last = head(graph, objective.output)
        low, high = last.layer.output_range if last else Layer.output_range
        end = f"{_subject(graph, objective)} ends in {last.kind if last else 'linear'}"
        for path, loss in _losses(objective):
            if loss.fuses_with is None and not loss.domain[0] <= low <= high <= loss.domain[1]:
                yield Finding(path, f"{end}, and {loss.kind} takes {_interval(loss.domain)}")


def _interval(ends: tuple[float, float]) -> str:
    """`numbers from 0 to 1`, or `numbers of 0 or more`."""
    low, high = ends
    return f"numbers of {low:g} or more" if high == inf else f"numbers from {low:g} to {high:g}"


def _losses(objective: Objective) -> Iterator[tuple[Path, Loss]]:
    """The loss of an output, and the losses that are its metrics, with their paths."""
    yield objective.path, objective.loss
    for named in objective.metrics:
        if isinstance(named.metric, Loss):
            yield named.path, named.metric


def accuracy_of_several(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Accuracy of several outputs that are each a yes or no, unless targets are known one-hot."""
    if spec.data and (isinstance(spec.data.source, InlineRows) or _are_one_hot(spec.data.targets)):
        return
    for objective in objectives(spec, graph):
        if objective.loss.targets != "probabilities":
            continue
        if graph.specs[graph.outputs[objective.output]].shape[-1:] > (1,):
            for named in objective.metrics:
                if isinstance(named.metric, Accuracy):
                    message = f"accuracy of several outputs, of which {objective.loss.kind}"
                    yield Finding(named.path, f"{message} makes each a yes or no")


def accuracy_of_each_output(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Binary accuracy of outputs of which one is right in each row."""
    for objective in objectives(spec, graph):
        if objective.loss.targets == "distributions":
            for named in objective.metrics:
                if isinstance(named.metric, BinaryAccuracy):
                    yield Finding(named.path, f"{named.metric.kind} of {objective.loss.kind}")


def _are_one_hot(targets: DataSide) -> bool:
    """Whether every target is prepared by one_hot at last."""
    lists = [one for lists in step_lists(targets, ()).values() for one in lists]
    return all(one.steps and isinstance(one.steps[-1], OneHotTransform) for one in lists)


def _subject(graph: Graph, objective: Objective) -> str:
    return "the network" if len(graph.outputs) == 1 else f"the output {objective.output}"


def learning_rate(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A learning rate of 1 or more; above 1 where it is a share."""
    if not isinstance(spec.optimizer, Optimizer):
        return
    rate = highest_rate(spec.optimizer.learning_rate)
    if rate > 1 or (rate == 1 and not spec.optimizer.rate_is_a_share):
        where = ("optimizer", spec.optimizer.kind, "learning_rate")
        yield Finding(where, f"the learning rate reaches {rate:g}")


def nothing_trained(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A network that is to be trained, and all of whose weights are frozen."""
    trained = [weight.trainable for _, weight in graph.weights()]
    if is_trained(spec) and trained and not any(trained):
        yield Finding(("network",), "all weights of the network are frozen")
