"""Every step's rows are those that its shape rule says, and it is fitted to training rows alone."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnspec.components.preprocessing.base import after_step, unprepared
from nnspec.data import folds
from nnspec.data.column_types import TEXT_TYPE, row_spec
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.preprocessing.number_types import unprepared_rows
from nnspec.data.preprocessing.pipeline import FittedPipeline, LocatedStep
from nnspec.data.registry import TRANSFORMS, TransformRule
from nnspec.data.rows import Rows
from nnspec.errors import ShapeError
from nnspec.options import registry
from nnspec.options.validation import read_component
from tests.small_runs import rows, spec

LISTED = {"categories": ["a", "b c"], "unknown": "zeros"}
STEPS = {  # some ways to write each kind that may have arrays of numbers, text and dates
    "bucketize": [{"bucketize": 3}, {"bucketize": {"boundaries": [0, 1.5]}}],
    "cast": [{"cast": "float32"}],
    "center_crop": [{"center_crop": [2, 2]}],
    "clip": [{"clip": {"minimum": -1, "maximum": None}}, {"clip": {"minimum": 0, "maximum": 1}}],
    "date_parts": [
        "date_parts",
        {"date_parts": {"parts": ["year", "hour", "weekday"], "cyclic": True}},
    ],
    "divide": [{"divide": 3}],
    "flatten": ["flatten"],
    "grayscale": ["grayscale"],
    "hash": [{"hash": 5}, {"hash": {"buckets": 7, "output_mode": "int", "seed": 3}}],
    "impute": [
        "impute",
        {"impute": "median"},
        {"impute": "most_frequent"},
        {"impute": {"strategy": "mean", "indicator": True}},
        {"impute": {"strategy": "constant", "value": 3}},
        {"impute": {"strategy": "constant", "value": "2024-02-29"}},
    ],
    "log": [{"log": 100}, {"log": 1}],
    "normalize": ["normalize", {"normalize": "l1"}, {"normalize": "max"}],
    "one_hot": [
        "one_hot",
        {"one_hot": {"unknown": "zeros"}},
        {"one_hot": LISTED},
        {"one_hot": {"categories": [3, 1], "unknown": "zeros"}},
        {"one_hot": {"classes": 4, "unknown": "zeros"}},
    ],
    "ordinal": ["ordinal", {"ordinal": {"unknown": "other"}}],
    "polynomial": [{"polynomial": 2}],
    "reshape": [{"reshape": [-1, 1]}],
    "resize": [{"resize": [3, 5]}],
    "scale": ["scale"],
    "shuffle_columns": ["shuffle_columns"],
    "standardize": ["standardize"],
    "tokenize": [
        {"tokenize": {"vocabulary": 4, "length": 3}},
        {"tokenize": {"vocabulary": 9, "length": 2, "by": "characters"}},
    ],
}
WRITTEN = [pytest.param(step, id=str(step)) for steps in STEPS.values() for step in steps]
CELLS = {
    "numbers": (st.integers(0, 5) | st.floats(0, 5, width=32), np.float64),
    "whole": (st.integers(0, 5), np.int64),
    "booleans": (st.booleans(), np.bool_),
    "text": (st.sampled_from(["a", "b c", "it's", "X", "\u00e9"]), TEXT_TYPE),
    "dates": (st.integers(-(2**40), 2**44), "datetime64[us]"),
}
IMAGES = {"center_crop", "grayscale", "resize"}
NO_FRACTIONS = {"hash": ["numbers"]}


def of_nnspec():
    classes = registry.classes("preprocessing")
    return {cls.kind for cls in classes if cls.__module__.startswith("nnspec.")}


def test_every_kind_is_looked_at():
    assert STEPS.keys() == of_nnspec()


def pipeline(step, x):
    return FittedPipeline.fit([LocatedStep(step)], x)


@st.composite
def arrays(draw, kind, shapes):
    cells, dtype = CELLS[kind]
    shape = (draw(st.integers(1, 6)), *draw(st.sampled_from(shapes)))
    drawn = draw(st.lists(cells, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    return np.array(drawn).astype(dtype).reshape(shape)


def takes(step, row):
    try:
        after_step(step, unprepared(row))
    except ShapeError:
        return False
    return True


@pytest.mark.parametrize("written", WRITTEN)
@settings(max_examples=10, deadline=None)
@given(st.data())
def test_the_shape_rule_is_what_a_step_gives(written, data):
    step = read_component("preprocessing", written)
    kinds = [kind for kind in CELLS if kind not in NO_FRACTIONS.get(step.kind, ())]
    shapes = [(3, 4, 3)] if step.kind in IMAGES else [(), (1,), (2,), (3,)]
    x = data.draw(arrays(data.draw(st.sampled_from(kinds)), shapes))
    if not takes(step, row_spec(x)):
        return
    said = after_step(step, unprepared(row_spec(x)))
    fitted = pipeline(step, x)
    y = fitted.apply_step(0, unprepared_rows(x))
    for made in (y, next(fitted.chunks(x[:0]))):
        assert said is None or said == row_spec(made)
    again = FittedPipeline.from_plain(
        json.loads(json.dumps(fitted.plain(), allow_nan=False)), fitted.steps
    )
    assert (again.apply_step(0, unprepared_rows(x)) == y).all()


STATED = "boundaries", "categories", "classes", "value"  # what a step does not learn then


def learns(written):
    step = read_component("preprocessing", written)
    stated = any(getattr(step, option, None) is not None for option in STATED)
    return TRANSFORMS[step].fit is not TransformRule._field_defaults["fit"] and not stated


FITTED = [step for steps in STEPS.values() for step in steps if learns(step)]
VALUES = {  # of training rows, and quite others
    "numbers": (np.array([0.25, 0.25, 0.5, 0.75]), np.array([1000.0, 1001])),
    "text": (np.array(["a", "a", "b", "c"], TEXT_TYPE), np.array(["y", "z"], TEXT_TYPE)),
    "dates": (np.array([1, 1, 3, 4], "M8[us]"), np.array([10**9] * 2, "M8[us]")),
}


def test_the_steps_that_learn_are_known():
    kinds = {read_component("preprocessing", step).kind for step in FITTED}
    wanted = {"bucketize", "impute", "one_hot", "ordinal", "scale", "standardize", "tokenize"}
    assert kinds == wanted


@pytest.mark.parametrize("written", FITTED, ids=str)
def test_a_step_is_fitted_to_training_rows_alone(written):
    """Rows that are held out leave no trace, whatever they hold, in each fold."""
    step = read_component("preprocessing", written)
    few, others = VALUES[step.takes[0]]
    train = Rows(np.concatenate([few, others])[:, None], np.zeros(len(few) + len(others)))
    values = rows()
    values["data"]["inputs"] = [written]
    states = []
    for held_out in ([4, 5], [0, 1]):
        fold = folds.hold_out(train, np.array(held_out)).train
        fitted = FittedPreprocessing.fit(spec(values), fold).plain()["inputs"]
        assert fitted["rows"] == 4
        states.append(fitted["steps"][0]["state"])
    assert states[0] == pipeline(step, few[:, None]).state[0] != states[1]
