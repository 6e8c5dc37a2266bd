"""Every conformance case in several processes, beside one: python -m tests.distributed.cases."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

from nnspec.backends.conformance.case import Case
from nnspec.backends.conformance.cases import cases
from nnspec.backends.conformance.check import program_of
from nnspec.backends.torch.program import TorchProgram
from nnspec.distributed.join import joined_processes, run_worker

ROWS = (3, 2, 1, 3)  # of batches: in three processes some have none


def main() -> int:
    """Print each difference; the exit code."""
    with joined_processes() as is_coordinator:
        if not is_coordinator:
            return run_worker()
        found = [line for case in cases() for line in differences(case)]
    print("\n".join([*found, f"{len(found)} differences"]))
    return 1 if found else 0


def differences(case: Case) -> Iterator[str]:
    """What differs between the programs of one process and of several."""
    graph, setup = case.graph(), case.setup()
    several = program_of(graph, setup, "torch")
    alone = TorchProgram(several.graph, setup, several.compute)
    alone.set_weights(several.weights())
    inputs, targets, weights = case.inputs(graph), case.targets(graph, setup), case.weights(setup)
    batches = [np.arange(rows) for rows in ROWS]
    found = []
    for program in (several, alone):
        rows = program.upload(inputs, targets, weights)
        gradients = program.gradients(rows, batches[0])
        metrics = program.train(rows, batches)
        results = {**metrics.results, **program.evaluate(rows, batches).results}
        found.append({**gradients, **{f"{n} after": w for n, w in program.weights().items()},
                      **{n: np.array(value) for n, value in results.items()}})  # fmt: skip
    for name, expected in found[1].items():
        off = float(np.abs(found[0][name] - expected).max(initial=0))
        if not off <= 1e-10 * max(1.0, float(np.abs(expected).max(initial=0))):
            yield f"{case}: {name} is off by {off:.1e}"


if __name__ == "__main__":
    sys.exit(main())
