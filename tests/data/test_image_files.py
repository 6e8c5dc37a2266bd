"""Images in files as a source: decoding, classes, and files that are no images."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from nnspec.data.formats.images import decode_image
from nnspec.data.rows import Refusal
from nnspec.data.sources import read_source
from nnspec.errors import ShapeError
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.validation import read_component
from tests.image_folders import pixels, write_classes, write_image


def source(path="photos", **options):
    return read_component("source", {"images": {"path": path, **options}})


@pytest.fixture
def folder(tmp_path):
    write_classes(tmp_path / "photos")
    return tmp_path


def test_a_folder_of_classes(folder):
    found = source()
    assert found.data_spec(folder) == (TensorSpec((6, 4, 3), "uint8"), TensorSpec((), "text"))
    train, test, refused = read_source(found, folder)
    assert train.targets.tolist() == ["a"] * 3 + ["b"] * 3
    assert (train.inputs[0] == pixels(9700)).all()
    assert (train.inputs[-1] == pixels(9802)).all()
    assert train.inputs.dtype == np.uint8
    assert (test, refused) == (None, ())


def test_a_size_needs_no_header_and_stretches(folder):
    found = source(size=[2, 8], color="gray")
    assert found.data_spec(folder).inputs == TensorSpec((2, 8, 1), "uint8")
    image = Image.fromarray(pixels(9700)).convert("L")
    for one in ((8, 6), (8, 2)):  # the width first
        image = image.resize(one, Image.Resampling.BILINEAR)
    read = read_source(found, folder).train.inputs
    assert read.shape == (6, 2, 8, 1)
    assert (read[0, ..., 0] == np.asarray(image)).all()


def test_a_table_of_paths_and_labels(folder):
    table = "id,photo,kind\n1,photos/b/0.png,x\n2,photos/a/1.png,y\n"
    (folder / "labels.csv").write_text(table, encoding="utf-8-sig")
    found = source("labels.csv", file="photo", label="kind", test="labels.csv")
    train, test, _ = read_source(found, folder)
    assert train.targets.tolist() == ["x", "y"]
    assert (train.inputs[1] == pixels(9701)).all()
    assert test.rows == 2


def test_images_below_a_class_belong_to_it(folder):
    write_image(folder / "photos/a/more/z.png", pixels(1))
    assert read_source(source(), folder).train.targets.tolist().count("a") == 4


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "bmp", "webp", "tiff"])
def test_every_format_is_decoded(tmp_path, suffix):
    array = np.full((5, 7, 3), (200, 40, 90), "u1")
    write_image(tmp_path / f"x.{suffix}", array)
    read = decode_image(tmp_path / f"x.{suffix}", "rgb", None).astype(int)
    assert read.shape == (5, 7, 3)
    assert np.abs(read - array).max() < 8


def test_an_image_is_turned_as_exif_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the top is at the right
    write_image(tmp_path / "photos/a/x.png", pixels(0), exif=exif)
    found = source()
    assert found.data_spec(tmp_path).inputs.shape == (4, 6, 3)
    read = read_source(found, tmp_path).train.inputs[0]
    assert (read == np.rot90(pixels(0), -1)).all()


def test_the_first_frame_of_an_animation_is_taken(tmp_path):
    frames = [Image.fromarray(np.full((3, 3), level, "u1")) for level in (10, 200)]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    assert (decode_image(tmp_path / "x.gif", "gray", None) == 10).all()


def test_transparent_pixels_lie_on_white(tmp_path):
    array = np.zeros((1, 3, 4), "u1")
    array[0, :, 3] = 0, 255, 128
    write_image(tmp_path / "x.png", array)
    assert decode_image(tmp_path / "x.png", "gray", None).ravel().tolist() == [255, 0, 127]
    colors = Image.new("P", (2, 1))
    colors.putpalette([10, 20, 30, 40, 50, 60])
    colors.putpixel((1, 0), 1)
    colors.save(tmp_path / "p.png", transparency=0)
    assert decode_image(tmp_path / "p.png", "rgb", None).tolist() == [[[255] * 3, [40, 50, 60]]]


@pytest.mark.parametrize("suffix", ["png", "tiff"])
def test_sixteen_bits_are_rounded_to_eight(tmp_path, suffix):
    levels = np.array([[0, 128, 129, 257, 32768, 65535]], np.uint16)
    Image.fromarray(levels).save(tmp_path / f"x.{suffix}")
    read = decode_image(tmp_path / f"x.{suffix}", "gray", None).ravel()
    assert read.tolist() == np.rint(levels.ravel() / 257).astype(int).tolist()


def test_floating_point_pixels_are_refused(tmp_path):
    Image.fromarray(np.ones((2, 2), "f4")).save(tmp_path / "x.tiff")
    with pytest.raises(ShapeError, match="floating-point pixels"):
        decode_image(tmp_path / "x.tiff", "gray", None)


def spoil(folder):
    """One cut off, one empty, one that is none, a hidden file and one in no class."""
    whole = (folder / "photos/a/0.png").read_bytes()
    (folder / "photos/a/cut.png").write_bytes(whole[:60])
    (folder / "photos/a/empty.jpg").write_bytes(b"")
    (folder / "photos/a/notes.txt").write_text("x")
    (folder / "photos/b/.DS_Store").write_text("x")
    (folder / "photos/top.png").write_bytes(whole)


def test_what_is_skipped_is_listed(folder):
    spoil(folder)
    train, _, refused = read_source(source(on_error="skip"), folder)
    assert train.rows == 6
    assert len(train.targets) == 6
    assert refused == (
        Refusal("a/notes.txt", "its name is not that of an image"),
        Refusal("b/.DS_Store", "hidden"),
        Refusal("top.png", "it lies in no folder of a class"),
        Refusal("a/cut.png", "is cut off or damaged"),
        Refusal("a/empty.jpg", "is empty"),
    )


def test_a_hidden_file_is_no_error_and_is_listed(folder):
    (folder / "photos/a/.DS_Store").write_text("x")
    assert read_source(source(), folder).refused == (Refusal("a/.DS_Store", "hidden"),)


def wrong_suffix(folder):
    (folder / "photos/a/notes.txt").write_text("x")


def outside(folder):
    write_image(folder / "photos/x.png", pixels(1))


def cut_off(folder):
    path = folder / "photos/b/0.png"
    path.write_bytes(path.read_bytes()[:70])
    (folder / "photos/b/1.png").write_bytes(b"nonsense")


def other_size(folder):
    write_image(folder / "photos/b/1.png", pixels(1, 3, 3))


def empty_class(folder):
    (folder / "photos/c").mkdir()


def no_images(folder):
    for path in sorted((folder / "photos").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def loop(folder):
    (folder / "photos/a/again").symlink_to(folder / "photos")


def own_loop(folder):
    (folder / "photos/a/x.png").symlink_to(folder / "photos/a/x.png")


def broken_link(folder):
    (folder / "photos/a/x.png").symlink_to(folder / "none.png")


def no_folder(folder):
    (folder / "photos").rename(folder / "elsewhere")


WRONG = [
    (no_folder, {}, "there is no folder or file"),
    (no_images, {}, "has no sub-folder with images"),
    (empty_class, {}, "'c' is no image: the folder of a class has no images"),
    (wrong_suffix, {}, "'a/notes.txt' is no image"),
    (outside, {}, "'x.png' is no image: it lies in no folder of a class"),
    (cut_off, {"size": [2, 2]}, r"b/0.png' is cut off or damaged \(2 of 6 images cannot be read"),
    (cut_off, {}, "b/0.png' is cut off or damaged"),
    (other_size, {}, "b/1.png' is 3x3, '.*a/0.png' 6x4"),
    (loop, {}, "is a link to a folder that it is in"),
    (own_loop, {}, "Too many levels of symbolic links"),
    (broken_link, {}, "cannot be read: No such file"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "options", "message"), WRONG)
def test_a_folder_that_cannot_be_read(folder, change, options, message):
    change(folder)
    with pytest.raises(ShapeError, match=message) as caught:
        read_source(source(**options), folder)
    assert caught.value.path == ("images", "path")


@pytest.mark.parametrize(
    ("table", "message", "option"),
    [
        ("", "names no images", "path"),
        ("file,label\n", "names no images", "path"),
        ("files,label\nx,y\n", "has no column 'file'", "file"),
        ("file,lable\nx,y\n", "has no column 'label'", "label"),
        ("file,label\nphotos/a/0.png\n", "labels.csv:2 has no label", "path"),
        ("file,label\n,x\n", "labels.csv:2 has no file", "path"),
        ("file,label\nnone.png,x\n", "none.png' cannot be read: No such file", "path"),
        ('file,label\n"x,y\n', "is no CSV file", "path"),
    ],
)
def test_a_table_that_cannot_be_read(folder, table, message, option):
    (folder / "labels.csv").write_text(table)
    with pytest.raises(ShapeError, match=message) as caught:
        read_source(source("labels.csv"), folder)
    assert caught.value.path == ("images", option)


def test_test_images_have_the_size_and_the_classes_of_training_images(folder):
    write_classes(folder / "small", each=1, height=3)
    with pytest.raises(ShapeError, match="is 3x4, the training images 6x4") as caught:
        read_source(source(test="small"), folder)
    assert caught.value.path == ("images", "test")
    write_classes(folder / "other", names="ac")
    with pytest.raises(ShapeError, match="the class 'c', which no training image has"):
        read_source(source(test="other"), folder)


@pytest.mark.parametrize("options", [{}, {"size": [2, 2]}])
@pytest.mark.parametrize("limit", [20, 10])  # of which Pillow warns, and which it refuses
def test_a_bomb_of_pixels_is_refused(folder, monkeypatch, options, limit):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(ShapeError, match=f"more pixels than Pillow's limit of {limit}"):
        read_source(source(**options), folder)


def test_threads_do_not_change_the_rows(folder, monkeypatch):
    found = []
    for threads in ("1", "3"):
        monkeypatch.setenv("NNSPEC_THREADS", threads)
        found.append(read_source(source(size=[5, 5]), folder).train.inputs)
    assert (found[0] == found[1]).all()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_named_pipe_among_images_is_no_file_and_is_not_waited_for(tmp_path):
    write_classes(tmp_path / "photos")
    os.mkfifo(tmp_path / "photos" / "a" / "pipe.png")
    with pytest.raises(ShapeError, match=r"pipe\.png' is no file"):
        read_source(source(), tmp_path)
