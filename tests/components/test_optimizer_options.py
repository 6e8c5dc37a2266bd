"""Options of optimizers that clash, and those that are out of range, are told where they stand."""

from __future__ import annotations

import pytest

from nnspec.errors import SpecError
from nnspec.options.component import to_plain
from nnspec.options.validation import read_component
from nnspec.spec.loader import load


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("use_ema: true, ema_momentum: 1.0", "2:48: error: sgd: ema_momentum must be below 1"),
        ("use_ema: true, ema_momentum: -0.1", "2:48: error: sgd: ema_momentum must be at least 0"),
        ("use_ema: true, ema_overwrite_frequency: 0", "ema_overwrite_frequency must be above 0"),
        (
            "gradient_accumulation_steps: 1",
            "2:48: .*gradient_accumulation_steps must be at least 2",
        ),
        ("ema_momentum: 0.9", "sgd: ema_momentum needs use_ema: true"),
        ("ema_overwrite_frequency: 3", "sgd: ema_overwrite_frequency needs use_ema: true"),
    ],
)
def test_an_option_without_effect_or_out_of_range(tmp_path, options, message):
    path = tmp_path / "s.yaml"
    layers = "network: {input_shape: [1], layers: [dense: 1]}"
    path.write_text(f"{layers}\noptimizer: {{sgd: {{{options}}}}}\n")
    with pytest.raises(SpecError, match=message):
        load(path)


@pytest.mark.parametrize(
    "options",
    [{}, {"use_ema": True, "ema_overwrite_frequency": 5, "gradient_accumulation_steps": 2}],
)
def test_what_is_saved_with_all_options_can_be_read_again(options):
    optimizer = read_component("optimizer", {"adam": options})
    assert read_component("optimizer", to_plain(optimizer)) == optimizer
