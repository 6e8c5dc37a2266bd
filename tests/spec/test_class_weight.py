"""`class_weight` as it is written: keys are names of classes, or their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.language import writer
from nnspec.spec.loader import build, load
from tests.small_runs import rows

HEAD = "network: {input_shape: 2, layers: [{dense: {units: 3, activation: softmax}}]}\n"


def read(tmp_path, text, *overrides):
    (tmp_path / "s.yaml").write_text(HEAD + text)
    return load(tmp_path / "s.yaml", overrides).train.class_weight


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("balanced", "balanced"),
        ("{0: 1, 1: 5}", {"0": 1.0, "1": 5.0}),
        ("{'0': 1, cat: 0.5}", {"0": 1.0, "cat": 0.5}),
        ("{kind: balanced, price: {0: 2}}", {"kind": "balanced", "price": {"0": 2.0}}),
    ],
)
def test_it_is_read_and_read_again_as_it_is_saved(tmp_path, written, expected):
    assert read(tmp_path, f"train: {{class_weight: {written}}}") == expected
    saved = load(tmp_path / "s.yaml").plain()
    (tmp_path / "saved.yaml").write_text(writer.dump(saved))
    assert load(tmp_path / "saved.yaml").train.class_weight == expected


def test_an_override_changes_the_weight_of_a_class(tmp_path):
    text = "train: {class_weight: {0: 1, 1: 5}}"
    assert read(tmp_path, text, "train.class_weight.1=7") == {"0": 1.0, "1": 7.0}


def test_numbers_are_keys_in_python_too():
    weights = {0: 1, np.int64(1): 2.5}
    assert build(rows(train={"class_weight": weights})).train.class_weight == {"0": 1.0, "1": 2.5}
