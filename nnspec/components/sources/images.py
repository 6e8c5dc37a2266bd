"""Images in files as a source: a folder for each class, or a table of paths and labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nnspec.components.sources.base import DataSpec
from nnspec.components.sources.files import FileSource
from nnspec.options.spatial_types import Pair
from nnspec.options.tensor_spec import TEXT, TensorSpec

if TYPE_CHECKING:
    from nnspec.components.sources.image_listing import ImageListing

Color = Literal["rgb", "gray"]


class Images(FileSource, kind="images", primary="path"):
    """Images in files: inputs (height, width, channels) in uint8, targets the names of classes.

    `path` is a folder with a sub-folder for each class, or a `.csv` file with a line for each
    image, whose columns `file` (a path relative to the table) and `label` have the names that these
    options give. `test` is such a folder or table of test images. Classes are text: number them
    with `targets: [one_hot]` or `[ordinal]`. Rows are sorted by class and file name, so that
    validation rows are taken with `select: random`, or stand as in the table.

    JPEG, PNG, GIF (its first frame), BMP, WebP and TIFF are decoded by Pillow and turned as EXIF
    says. Transparent pixels lie on white; 16 bits of gray are rounded to 8; `color: gray` is
    (299 R + 587 G + 114 B) / 1000. `size: [height, width]` stretches each image to that size, by
    bilinear interpolation whose support grows with the reduction (antialiasing); without it all
    need one size. An image that cannot be read is an error; with `on_error: skip` it is left out
    and counted.
    """

    path_options = ("path", "test")

    path: Annotated[str, Field(min_length=1)]
    size: Pair | None = None
    color: Color = "rgb"
    test: Annotated[str, Field(min_length=1)] | None = None
    file: str = "file"
    label: str = "label"
    on_error: Literal["error", "skip"] = "error"

    example = "{images: {path: photos, size: [64, 64]}}"

    @property
    def channels(self) -> int:
        """The size of the last axis."""
        return 1 if self.color == "gray" else 3

    def data_spec(self, folder: Path) -> DataSpec:
        """The shape that `size` and `color` say, else that of the first image; decodes nothing."""
        from nnspec.components.sources.image_header import first_size  # only this source needs it
        from nnspec.components.sources.image_listing import require_path

        with self.blamed_on(folder, "path") as path:
            require_path(path, self.path_hint("path"))
            paths = (image.path for image in self.listing(folder, "path").images)
            size = self.size or first_size(paths)[1]
        return DataSpec(TensorSpec((*size, self.channels), "uint8"), TensorSpec((), TEXT))

    def listing(self, folder: Path, option: str) -> ImageListing:
        """The images of an option's folder or table, and what else is there.

        Raises ShapeError, at the option, where it has none.
        """
        from nnspec.components.sources.image_listing import list_folder, list_table, require_path

        with self.blamed_on(folder, option) as path:
            require_path(path, self.path_hint(option))
            return list_folder(path) if path.is_dir() else list_table(path, self.file, self.label)
