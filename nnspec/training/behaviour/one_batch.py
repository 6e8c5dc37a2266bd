"""The rule of overfits_one_batch: a new network, trained on the first batch alone."""

from __future__ import annotations

from nnspec.components.behaviour.trainings import OverfitsOneBatch
from nnspec.data.rows import Rows
from nnspec.spec.train_options import TrainOptions
from nnspec.training.behaviour.trained_model import BehaviourRule, Outcome, TrainedModel
from nnspec.training.loop import DivergenceError, train_epochs
from nnspec.training.programs import initial_program
from nnspec.training.sampling import pass_batches
from nnspec.training.session import training_setup


def _evaluate(behaviour: OverfitsOneBatch, model: TrainedModel) -> Outcome:
    try:
        losses = _losses(behaviour, model)
    except DivergenceError as error:
        return Outcome(float("nan"), "at_most", behaviour.loss_ratio, str(error))
    ratio, updates = losses[-1] / (losses[0] or 1.0), len(losses) - 1
    detail = f"loss {losses[0]:.4g}, after {updates:,} updates of one batch {losses[-1]:.4g}"
    return Outcome(ratio, "at_most", behaviour.loss_ratio, detail)


def _losses(behaviour: OverfitsOneBatch, model: TrainedModel) -> list[float]:
    """The loss of the batch before each update, until it is small; the last needs no update."""
    setup = training_setup(model.data.spec, model.data.graph)
    program = initial_program(model.data.spec, model.data.graph, setup, model.data.compute)
    epochs = behaviour.updates + 1
    options = TrainOptions(
        epochs=epochs, batch_size="all", shuffle=False, seed=model.data.spec.train.seed
    )
    losses: list[float] = []
    for epoch in train_epochs(program, _batch(model), options, lambda _: None, model.should_stop):
        losses.append(epoch.metrics["loss"])
        model.on_steps(epoch.epoch, epochs)
        if losses[-1] <= behaviour.loss_ratio * losses[0]:
            break
    return losses


def _batch(model: TrainedModel) -> Rows:
    """The rows of the first batch of the training, unaugmented."""
    train = model.data.splits.train
    return train.take(pass_batches(train.rows, model.data.spec.train, 1)[0])


overfits_one_batch = BehaviourRule(_evaluate)
