"""`python -m nnspec`, and the entry point of the `nnspec` command."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # Looking for pydantic's plug-ins reads the metadata of every installed package: 20 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from nnspec.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
