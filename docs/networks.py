"""Draw the pictures of docs/networks.md: `python -m docs.networks`."""

from __future__ import annotations

from pathlib import Path

from nnspec.drawing.diagram import diagram
from nnspec.drawing.svg import to_svg
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.spec import loader
from nnspec.spec.gallery import networks

FOLDER = Path(__file__).parent / "networks"
DEPTHS = {  # of the networks that are shown: how many groups in groups are opened
    "lenet5": None, "resnet50": None, "unet": None, "nasnet_mobile": None, "toy_resnet": 99,
    "inception_v3": 0, "mobilenet_v2": None, "wide_and_deep": None,
}  # fmt: skip


def pictures() -> dict[Path, str]:
    """The text of each picture, by its file."""
    return {FOLDER / f"{name}.svg": _picture(name, depth) for name, depth in DEPTHS.items()}


def _picture(name: str, depth: int | None) -> str:
    network = networks()[name]
    spec = loader.load(Path(str(network.page)), network.overrides)
    return to_svg(diagram(summarise(compile_spec(spec)), depth))


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for path, text in pictures().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
