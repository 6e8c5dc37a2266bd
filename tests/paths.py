"""Where the project's files stand."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
SPECS = ROOT / "specs"
PLUGIN = ROOT / "tests" / "plugins"
