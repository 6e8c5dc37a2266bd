"""The option `train.callbacks`, and where a spec says what other tools have callbacks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from nnspec.errors import Problem, SpecError, quoted
from nnspec.language.located import LocatedMap, locate
from nnspec.options import registry
from nnspec.options.component import Component
from nnspec.options.validation import ComponentListField, collect, read_component

_CHECKPOINT = "write train: {checkpoint: {keep: 3, monitor: val_loss}}"
_HISTORY = "history.csv of each run has them; nnspec plot draws them"
_PROGRESS = "nnspec run --progress auto|lines|json|none"
_RATE = "write a schedule: optimizer: {adam: {learning_rate: {cosine_decay: ...}}}"
_RESUME = (
    "nnspec resume goes on with any run; train: {checkpoint: {every_steps: 500}} says how often"
)
_ELSEWHERE = {  # the callbacks of Keras and Lightning
    "backup_and_restore": _RESUME,
    "csv_logger": _HISTORY,
    "early_stopping": "write train: {early_stopping: {patience: 5}}",
    "ema_weight_averaging": "write optimizer: {adam: {use_ema: true}}",
    "gradient_accumulation_scheduler": "write optimizer: {sgd: {gradient_accumulation_steps: 4}}",
    "history": _HISTORY,
    "lambda_callback": "nnspec.run in Python takes on_epoch_end, or write a plug-in",
    "learning_rate_scheduler": _RATE,
    "model_checkpoint": _CHECKPOINT,
    "model_summary": "nnspec summary, and each run, print it",
    "progbar_logger": _PROGRESS,
    "reduce_lr_on_plateau": "write optimizer: {sgd: {learning_rate: {reduce_on_plateau: ...}}}",
    "reduce_on_plateau": "write optimizer: {sgd: {learning_rate: {reduce_on_plateau: ...}}}",
    "rich_progress_bar": _PROGRESS,
    "swap_ema_weights": "write optimizer: {adam: {use_ema: true}}",
    "tensorboard": "write track: [tensorboard]",
    "terminate_on_nan": "each run ends where the loss is no number, and says why",
    "tqdm_progress_bar": _PROGRESS,
}  # fmt: skip
_BY_NAME = {name.replace("_", ""): hint for name, hint in _ELSEWHERE.items()}


class CallbacksField(ComponentListField):
    """pydantic annotation of a list of callbacks; one that is written elsewhere is told where."""

    def __init__(self) -> None:
        super().__init__("callback")

    def validate(self, value: Any) -> Any:
        """The callbacks."""
        if not isinstance(value, list | tuple):
            return super().validate(value)
        return tuple(collect({i: partial(_callback, value, i) for i in range(len(value))}).values())


def _callback(items: Sequence[Any], index: int) -> Component:
    """The callback that an item is; a SpecError where a spec has another place for it."""
    item = items[index]
    kind = next(iter(item), "") if isinstance(item, Mapping) else item
    hint = _BY_NAME.get(str(kind).replace("_", "").lower())
    if hint is None or isinstance(item, Component) or registry.knows("callback", str(kind)):
        return read_component("callback", item)
    at = item.key_places[kind] if isinstance(item, LocatedMap) else locate(items, [index])
    raise SpecError(Problem(f"{quoted(kind)} is no callback here", at, hint))
