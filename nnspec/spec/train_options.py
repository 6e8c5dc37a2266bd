"""The `train` section: how long and in which portions a network is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator

from nnspec.options.messages import ExpectedForm, LocatedError
from nnspec.options.model import Model
from nnspec.options.types import BatchSize, PositiveFloat, PositiveInt, Seed
from nnspec.options.validation import LazyModel
from nnspec.spec.callbacks import CallbacksField
from nnspec.spec.class_weight import ClassWeight
from nnspec.spec.initial_weights import InitialWeightsField
from nnspec.spec.validation_split import ValidationSplitField

if TYPE_CHECKING:
    from nnspec.components.callbacks.base import Callback
    from nnspec.spec.checkpoint_options import CheckpointOptions
    from nnspec.spec.early_stopping import EarlyStopping

    EarlyStoppingField = EarlyStopping
    CheckpointField = CheckpointOptions
    CallbackTuple = tuple[Callback, ...]
else:  # few specs have them, and their modules make classes
    EarlyStoppingField = Annotated[
        Any, LazyModel("nnspec.spec.early_stopping:EarlyStopping", "early_stopping")
    ]
    CheckpointField = Annotated[
        Any, LazyModel("nnspec.spec.checkpoint_options:CheckpointOptions", "checkpoint")
    ]
    CallbackTuple = Annotated[Any, CallbacksField()]


class TrainOptions(Model):
    """How long and in which portions to train. `batch_size: all` takes every row at once.

    Training ends after `epochs`, or after `steps` batches, of which one is written, and also where
    a `time_budget`, in seconds, is used up. An epoch is a pass over the rows, or `steps_per_epoch`
    batches: then passes follow each other wherever epochs end, so all updates are the same, and
    what comes after each epoch comes every `steps_per_epoch` of them. The last epoch may be
    shorter. `validation_freq: k` validates after each k-th epoch, and after the last one.

    With `micro_batch` the gradient of a batch is computed for so many of its rows at a time, which
    takes less memory and gives the same updates; the layers must treat each row by itself.

    The rows are shuffled anew in each pass, all of them together or, with a `shuffle_window`, so
    many at a time: eight blocks of consecutive rows, drawn anew in each pass, make a window.

    `class_weight` (classes to weights, or `balanced`: n / (K n_c)) and `sample_weight` (an array of
    the source's `metadata`, or a column) weigh the loss of each training row: that of a batch is
    sum_i w_i e_i / rows, also as an epoch reports it. Metrics, and other parts, count rows alike.
    With `oversample` (true, or an output's name) each pass draws rows of rarer classes again,
    until all classes are equally frequent; `data: augment` changes a row that comes again in a
    pass in the same way each time.

    `initial_weights` (the folder of a run) are those of another run, of all or of some layers.
    With `early_stopping` fewer epochs may be enough. `freeze` names layers and groups that are not
    trained, as if each had `trainable: false`: `[stem, features.conv2d_1, "blocks.*"]`.

    A run writes checkpoints, from which `nnspec resume` goes on, so seldom that they take less than
    a hundredth of its time; `checkpoint` says how often instead, how many of them it keeps, and by
    which metric it keeps the weights of the best epoch.

    `callbacks` are called after each epoch: they add columns to history.csv, or end the training.
    """

    epochs: Annotated[int, Field(ge=0)] | None = 1
    steps: PositiveInt | None = None
    steps_per_epoch: PositiveInt | None = None
    time_budget: PositiveFloat | None = None
    validation_freq: PositiveInt = 1
    batch_size: BatchSize = 32
    micro_batch: PositiveInt | None = None
    shuffle: bool = True
    shuffle_window: Annotated[int, Field(ge=1)] | None = None
    validation_split: ValidationSplitField | None = None
    seed: Seed = 0
    class_weight: ClassWeight | None = None
    sample_weight: str | None = None
    oversample: Annotated[bool | str, ExpectedForm("true, false or the name of an output")] = False
    initial_weights: InitialWeightsField | None = None
    freeze: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    early_stopping: EarlyStoppingField | None = None
    checkpoint: CheckpointField | None = None
    callbacks: CallbackTuple | None = None

    @model_validator(mode="before")
    @classmethod
    def _default_epochs(cls, values: Any) -> Any:
        """There is no default number of epochs where steps are written."""
        if isinstance(values, Mapping) and values.get("steps") is not None:
            return {"epochs": None, **values}
        return values

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if self.epochs is not None and self.steps is not None:
            raise LocatedError("epochs and steps both say when training ends: write one", "steps")
        if self.epochs is None and self.steps is None:
            raise LocatedError("training has no end: write epochs or steps", "epochs")
        if self.shuffle_window is not None and not self.shuffle:
            raise LocatedError("a shuffle_window needs shuffle: true", "shuffle_window")
        if self.micro_batch and self.batch_size != "all" and self.micro_batch > self.batch_size:
            message = (
                f"a micro_batch of {self.micro_batch} is more than a batch of {self.batch_size}"
            )
            raise LocatedError(message, "micro_batch")
        for index, callback in enumerate(self.callbacks or ()):
            if callback in (self.callbacks or ())[:index]:
                raise LocatedError(f"{callback.kind} is named twice", "callbacks", index)
        return self

    @property
    def restores_best(self) -> bool:
        """Whether the weights at the end are those of the best epoch."""
        return bool(self.early_stopping and self.early_stopping.restore_best)

    @property
    def keeps_best(self) -> bool:
        """Whether a run keeps the weights of its best epoch besides those at the end."""
        return bool(self.checkpoint and self.checkpoint.monitor)

    @property
    def checkpoint_steps(self) -> int | None:
        """The number of batches from one checkpoint to the next; None where time decides."""
        return self.checkpoint.every_steps if self.checkpoint else None
