"""The lecture's README: its commands run, and give the output shown below them."""

from __future__ import annotations

import re
import shutil
import sys
from importlib.util import find_spec

import pytest

from examples.lecture.__main__ import Workspace, all_steps
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.spec import loader
from tests.lecture.specs import FILES, LECTURE

pytestmark = pytest.mark.framework

README = (LECTURE / "README.md").read_text(encoding="utf-8")
STEPS = all_steps(README)
CLAIMS = {1: 7, 2: 7, 3: 11, 4: 8, 5: 10}
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?")
_SHA = re.compile(r"^weights [0-9a-f]{64}$", re.MULTILINE)
_MATRIX = re.compile(r"^(confusion matrix .*)\n(?:.+\n)+", re.MULTILINE)  # mistakes are few


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("bash"), reason="needs bash")
@pytest.mark.skipif(not find_spec("matplotlib"), reason="pictures need matplotlib")
def test_every_command_gives_what_the_readme_shows(tmp_path):
    """Each command also ends with 0, so that the specs' expectations are met."""
    workspace = Workspace(tmp_path)
    for step in STEPS:
        assert_alike(step.output, workspace.run(step).output, step.command)


def assert_alike(shown, found, command):
    """Assert equal texts, with numbers that may differ between machines by a few percent."""
    shown, found = (_MATRIX.sub(r"\1", _SHA.sub("weights", one)) for one in (shown, found))
    assert words(found) == words(shown), command
    for one, other in zip(numbers(shown), numbers(found), strict=True):
        assert other == pytest.approx(one, rel=0.1, abs=0.03), f"{command}\n{found}"


def words(text):
    """The text without numbers, whitespace and plots."""
    return " ".join(re.sub(r"[─\u2800-\u28ff]+", "", _NUMBER.sub("#", text)).split())


def numbers(text):
    return [float(number.replace(",", "")) for number in _NUMBER.findall(text)]


def test_the_readme_has_a_command_for_every_spec():
    commands = "\n".join(step.command for step in STEPS)
    assert [path.name for path in FILES if path.name not in commands] == []


def test_the_readme_speaks_of_every_claim_and_shows_every_picture():
    for section, claims in CLAIMS.items():
        for claim in range(1, claims + 1):
            assert re.search(rf"\b{section}\.{claim}\b", README), f"{section}.{claim}"
    shown = set(re.findall(r"\(pictures/([^)]*)\)", README))
    assert shown == {path.name for path in (LECTURE / "pictures").iterdir()}
    drawn = set(re.findall(r"examples/lecture/pictures/(\S+)", README))
    assert drawn == shown


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_spec_opens_with_what_it_shows_and_expects_what_it_has(path):
    text = path.read_text(encoding="utf-8")
    assert re.match(r"# \S", text)
    assert f"\nname: {path.stem}\n" in text
    spec = loader.load(path)
    parameters = summarise(compile_spec(spec)).parameters
    assert spec.expect is None or spec.expect.parameters in (None, parameters)
