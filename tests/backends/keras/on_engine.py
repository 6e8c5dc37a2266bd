"""Run the cases of the Keras backend on one engine, and print their results as JSON.

    TESTED_BACKEND=keras:jax python -m tests.backends.keras.on_engine [GROUP ...]

A process can only use one engine, so each engine gets its own process. The output is one JSON
object: group -> case -> the largest difference, a boolean, or a traceback.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from typing import Any

from nnspec.backends.discovery import find
from tests.backends.keras import agreement, graphs, meanings, native_graphs, workarounds
from tests.backends.keras.cases import BACKEND

GROUPS = (
    agreement.layers,
    agreement.exact_layers,
    agreement.kinks,
    agreement.ties,
    agreement.losses,
    agreement.optimizers,
    agreement.exchange,
    agreement.exact,
    workarounds.patches,
    workarounds.order,
    workarounds.compiled,
    workarounds.native,
    graphs.graphs,
    graphs.exact_graphs,
    graphs.random_graphs,
    graphs.ranks,
    graphs.host,
    native_graphs.native_graphs,
    meanings.own_layers,
    meanings.onnx,
)


def result(case: Callable[[], Any]) -> Any:
    try:
        return case()
    except Exception:
        return traceback.format_exc()[-1500:]


if __name__ == "__main__":
    find(BACKEND)
    wanted = sys.argv[1:] or [group.__name__ for group in GROUPS]
    groups = [group for group in GROUPS if group.__name__ in wanted]
    print(json.dumps({g.__name__: {name: result(case) for name, case in g()} for g in groups}))
