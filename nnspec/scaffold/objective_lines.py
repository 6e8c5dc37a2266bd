"""The lines of a spec that follow from its task: output layer, loss, metrics and training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnspec.language.writer import dump_flow
from nnspec.scaffold.task import Task
from nnspec.scaffold.training_choice import (
    FEWEST_ROWS,
    TEST_SHARE,
    VALIDATION_SHARE,
    Schedule,
    adamw,
    can_stratify,
    can_weigh,
    training_rows,
)
from nnspec.scaffold.yaml_lines import YamlLine

_LOSSES = {
    "binary": "binary_crossentropy",
    "classes": "categorical_crossentropy",
    "number": "mean_squared_error",
}


def split_line(task: Task, has_test: bool, note: str = "") -> YamlLine:
    """The line that says which rows are kept for the test and for validation."""
    rows = task.target.present
    if rows < FEWEST_ROWS:
        return YamlLine("  ", f"no split: {rows} rows are too few to keep some for a test")
    shares = {} if has_test else {"test": TEST_SHARE}
    by = "stratified" if can_stratify(task) else "random"
    reason = "as many of each class in each part" if by == "stratified" else "rows at random"
    split = {**shares, "validation": VALIDATION_SHARE, "by": by}
    return YamlLine(f"  split: {dump_flow(split)}", reason + note)


def target_steps(task: Task) -> tuple[list[Any], str]:
    """The steps of the target, and what they make of it.

    Where a class is so rare that the training rows may lack it, all classes are written down.
    """
    if task.kind == "number":
        return ["standardize"], "standardized, always guessing the mean has a loss of 1"
    categories = {} if can_stratify(task) else {"categories": list(task.target.counts)}
    if task.kind == "classes":
        step: Any = {"one_hot": categories} if categories else "one_hot"
        return [step], f"{task.classes} classes, a column each{_as_quantity(task)}"
    if task.is_zero_or_one:
        return [], "0 or 1"
    zero, one = task.target.counts
    step = {"ordinal": categories} if categories else "ordinal"
    return [step], f"{zero} becomes 0 and {one} becomes 1"


def _as_quantity(task: Task) -> str:
    """How numbers that are taken for classes become a quantity."""
    if task.target.kind == "text":
        return ""
    return "; if they are a quantity: steps: [standardize], a last dense: 1, mean_squared_error"


def output_layer(task: Task) -> YamlLine:
    """The last layer."""
    if task.kind == "number":
        return YamlLine("    - dense: 1", "the number")
    if task.kind == "binary":
        _, one = task.target.counts
        return YamlLine("    - dense: {units: 1, activation: sigmoid}", f"the probability of {one}")
    options = {"units": task.classes, "activation": "softmax"}
    return YamlLine(f"    - dense: {dump_flow(options)}", "a probability a class")


def weight_decay(task: Task, learning_rate: float, has_test: bool) -> YamlLine:
    """The optimizer of a table: AdamW, by the number of updates."""
    rows = max(1, training_rows(task.target.present, has_test))
    options = adamw(learning_rate, Schedule.of(rows).updates(rows))
    reason = "weights decay to 1/e within all updates, so that few rows are not learnt by heart"
    return YamlLine(f"optimizer: {dump_flow({'adamw': options})}", reason)


def objective(task: Task, optimizer: YamlLine) -> Iterator[YamlLine]:
    """Loss, optimizer and metrics."""
    yield YamlLine(f"loss: {_LOSSES[task.kind]}")
    yield optimizer
    if task.kind == "number":
        return
    share = max(task.target.counts.values()) / sum(task.target.counts.values())
    names, reason = ["accuracy"], f"always the largest class is right in {share:.3f} of all rows"
    if task.is_imbalanced:
        names += ["balanced_accuracy", *(["auc"] if task.kind == "binary" else [])]
        reason += "; the others count rare classes alike"
    yield YamlLine(f"metrics: {dump_flow(names)}", reason)


def training(task: Task, has_test: bool) -> YamlLine:
    """Epochs, batch size and class weights."""
    rows = training_rows(task.target.present, has_test)
    schedule = Schedule.of(max(1, rows))
    options: dict[str, Any] = {"epochs": schedule.epochs, "batch_size": schedule.batch_size}
    updates = f"{schedule.updates(rows):,} updates of the weights"
    reason = f"{rows:,} rows to train on: about {updates}"
    if can_weigh(task):
        options["class_weight"] = "balanced"
        reason += "; rows of rare classes count more"
    return YamlLine(f"train: {dump_flow({**options, 'seed': 0})}", reason)
