"""`python -m nnspec`, and the entry point of the `nnspec` command."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # Looking for pydantic's plug-ins reads the metadata of every installed package: 20 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # The NumPy backend has threads of its own. Those of BLAS spin while they wait for each other,
    # which makes both slow where anything else runs. BLAS reads this when NumPy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A spec of thousands of layers makes many objects and hardly a cycle: look for them rarely.
    gc.set_threshold(100_000)
    try:
        from nnspec.cli.main import run
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
