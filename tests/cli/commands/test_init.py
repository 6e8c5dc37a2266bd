"""`nnspec init`."""

import pytest

from nnspec.spec import gallery


@pytest.mark.parametrize("name", gallery.specs())
def test_a_written_spec_is_valid(nnspec, tmp_path, name):
    done = nnspec("init", "--from", name)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"wrote {name}.yaml; train it with `nnspec run {name}.yaml`\n"
    check = nnspec("check", f"{name}.yaml")
    assert (check.code, check.err) == (0, "")
    assert f"{name}.yaml: ok" in check.out
    assert nnspec("lint", f"{name}.yaml").out == f"{name}.yaml: no advice\n"


@pytest.mark.parametrize("name", gallery.specs())
def test_a_gallery_spec_has_comments(name):
    text = gallery.specs()[name].read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert text.count("#") >= 4


def test_the_default_is_the_mlp(nnspec, tmp_path):
    assert nnspec("init").code == 0
    mine = nnspec("init", "mine.yaml")
    assert mine.out.startswith("wrote mine.yaml")
    mlp = gallery.specs()["mlp"].read_bytes()
    assert (tmp_path / "mlp.yaml").read_bytes() == (tmp_path / "mine.yaml").read_bytes() == mlp


def test_nothing_is_overwritten(nnspec, tmp_path):
    (tmp_path / "mine.yaml").write_text("precious")
    done = nnspec("init", "mine.yaml", "--from", "xor")
    assert (done.code, done.out) == (2, "")
    assert "mine.yaml is there already" in done.err
    assert (tmp_path / "mine.yaml").read_text() == "precious"
    (tmp_path / "loop.yaml").symlink_to("nowhere.yaml")
    assert nnspec("init", "loop.yaml").code == 2
    assert not (tmp_path / "nowhere.yaml").exists()
    assert nnspec("init", ".").code == 2


def test_a_folder_that_does_not_exist(nnspec):
    done = nnspec("init", "no/where.yaml")
    assert done.code == 2
    assert "no/where.yaml" in done.err
    assert "Traceback" not in done.err


def test_an_unknown_gallery_name(nnspec):
    done = nnspec("init", "--from", "nlp")
    assert done.code == 2
    assert done.err.startswith("--from:1:1: error: the gallery has no 'nlp'")
    assert "did you mean 'resnet50'?" in nnspec("init", "--from", "resnet5").err


def test_a_variant_of_a_published_network(nnspec, tmp_path):
    assert nnspec("init", "mine.yaml", "--from", "resnet101").code == 0
    text = (tmp_path / "mine.yaml").read_text(encoding="utf-8")
    assert "\n  variant: resnet101\n" in text
    assert nnspec("summary", "mine.yaml", "--json").json["parameters"]["total"] == 44_707_176


def test_what_can_be_done_with_a_network_is_told(nnspec):
    """A page without data cannot be trained as it is."""
    assert "nnspec run nielsen.yaml" in nnspec("init", "--from", "nielsen").out
    done = nnspec("init", "--from", "vgg19")
    assert done.out == (
        "wrote vgg19.yaml, a network without data; look at it with `nnspec summary vgg19.yaml`\n"
    )
    assert nnspec("summary", "vgg19.yaml").code == 0
