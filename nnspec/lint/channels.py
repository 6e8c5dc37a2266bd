"""Lint rule about images that have their channels in front."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from nnspec.components.preprocessing.base import Transform, after_step
from nnspec.components.preprocessing.shape import FlattenTransform, ReshapeTransform
from nnspec.graph.ir import Graph, Node, Path
from nnspec.lint.findings import Finding, has_kernel, layer_name
from nnspec.options.shapes import channels_moved_last, format_shape, has_channels_first
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import Shape
from nnspec.spec.data_steps import array_steps
from nnspec.spec.document import Spec


def channels_first(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Images with few channels in front that are read, or reshaped, as if these came last."""
    images = dict[str, Shape]()  # the values that hold such images, and the images' shape
    for name, tensor in graph.inputs.items():
        path, row, steps = _prepared(spec, name)
        image = row.shape if row and has_channels_first(row.shape) else ()
        mixing = _mixing_step(row, steps) if image else None
        if mixing is not None:
            yield _mixed((*path, mixing), "reshape", image)
        elif has_channels_first(tensor.shape):
            images[name] = tensor.shape
        elif image and all(map(_keeps_order, steps)):
            images[name] = image
    yield from _in_network(graph, images)


def _in_network(graph: Graph, images: dict[str, Shape]) -> Iterator[Finding]:
    """Layers that take the last axis for channels, and layers that reshape to such an axis."""
    for node in graph.nodes:
        image = next((images[value] for value in node.inputs if value in images), None)
        if image is None:
            continue
        if node.layer.channels_last and node.input_shapes[0] == image:
            yield _read(node)
        elif _is_mixed(image, node.shape) and node.shape != node.input_shapes[0]:
            yield _mixed(node.path, layer_name(node), image)
        elif node.layer.identity or (node.shape == node.input_shapes[0] and not has_kernel(node)):
            images.update(dict.fromkeys(node.outputs, image))


def _read(node: Node) -> Finding:
    rows, columns, channels = node.input_shapes[0]
    read = f"{rows} x {columns} pixels of {channels} channels"
    return Finding(node.path, f"{layer_name(node)} reads images of {read}")


def _is_mixed(image: Shape, shape: Shape) -> bool:
    """Whether the numbers of images of several channels are read as if these came last."""
    return image[0] > 1 and shape == channels_moved_last(image)


def _mixed(path: Path, name: str, image: Shape) -> Finding:
    shapes = f"{format_shape(image)} as {format_shape(channels_moved_last(image))}"
    return Finding(path, f"{name} reads {shapes}, which mixes the pixels of the channels")


def _prepared(spec: Spec, name: str) -> tuple[Path, TensorSpec | None, Sequence[Transform]]:
    """Where the steps of an input stand, a row of its source, and the steps."""
    if spec.data is None:
        return (), None, ()
    rows = spec.data.source.data_spec(spec.folder).inputs
    row = rows.get(name) if isinstance(rows, Mapping) else rows
    one = array_steps(spec.data.inputs, ("data", "inputs"), name)
    return one.path, row, one.steps


def _mixing_step(row: TensorSpec | None, steps: Sequence[Transform]) -> int | None:
    """The number of the step that first reshapes a source's images as if channels came last."""
    image = row.shape if row else ()
    for number, step in enumerate(steps):
        if row is None or not _keeps_order(step):
            break
        row = after_step(step, row)
        if row and _is_mixed(image, row.shape):
            return number
    return None


def _keeps_order(step: Transform) -> bool:
    """Whether a step leaves the numbers of a row in their order."""
    return step.elementwise or isinstance(step, FlattenTransform | ReshapeTransform)
