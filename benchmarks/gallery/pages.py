"""The pages of the gallery whose networks `keras.applications` has, by the names of its models."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.spec import loader

GALLERY = Path(__file__).parents[2] / "specs" / "gallery"


class Page(NamedTuple):
    """A page of the gallery with a variant, and the side of small images where it is not any."""

    file: str
    variant: str | None = None
    size: int | None = None

    def graph(self, size: int | None = None) -> Graph:
        """The compiled network, perhaps for images of another size."""
        words = [f"vars.variant={self.variant}"] if self.variant else []
        words += [f"network.input_shape=[{size}, {size}, 3]"] if size else []
        return compile_spec(loader.load(GALLERY / f"{self.file}.yaml", words))


def _family(file: str, models: str, size: int | None = None) -> dict[str, Page]:
    """Pages of one file, whose variants are the models' names in small letters."""
    return {model: Page(file, model.lower(), size) for model in models.split()}


PAGES = {
    **_family("vgg", "VGG16 VGG19", size=32),
    **_family("resnet", "ResNet50 ResNet101 ResNet152"),
    **_family("resnet_v2", "ResNet50V2 ResNet101V2 ResNet152V2"),
    "MobileNet": Page("mobilenet"),
    "MobileNetV2": Page("mobilenet_v2"),
    **_family("mobilenet_v3", "MobileNetV3Small MobileNetV3Large"),
    **_family("densenet", "DenseNet121 DenseNet169 DenseNet201"),
    **_family("efficientnet", " ".join(f"EfficientNetB{number}" for number in range(8))),
    "EfficientNetV2B0": Page("efficientnet_v2"),
    "InceptionV3": Page("inception_v3", size=139),
    "Xception": Page("xception", size=96),
    **_family("convnext", "ConvNeXtTiny ConvNeXtSmall ConvNeXtBase"),
    "NASNetMobile": Page("nasnet_mobile"),
}
GRADIENTS = ("ResNet50", "MobileNetV3Small", "DenseNet121")  # models whose gradients are compared
