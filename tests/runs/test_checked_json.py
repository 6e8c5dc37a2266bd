"""JSON with a checksum: what is written is read, and no changed byte goes unnoticed."""

import pytest

from nnspec.runs import checked_json

VALUES = {"files": {"a/b.csv": [{"size": 3}], "ü": []}, "format": 1}
CONTENT = checked_json.dump(VALUES)


def test_what_is_written_is_read():
    assert checked_json.parse(CONTENT) == VALUES


def test_each_changed_bit_is_noticed():
    for position in range(8 * len(CONTENT)):
        changed = bytearray(CONTENT)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(ValueError, match="not as it was written"):
            checked_json.parse(bytes(changed))


@pytest.mark.parametrize("length", range(0, len(CONTENT), 7))
def test_a_part_of_it_is_refused(length):
    with pytest.raises(ValueError, match="not as it was written"):
        checked_json.parse(CONTENT[:length])


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"3", b"{}", b"[" * 99_999, CONTENT + b"\n", CONTENT.replace(b" ", b"")]
)
def test_other_texts_are_refused(content):
    with pytest.raises(ValueError, match="not as it was written"):
        checked_json.parse(content)
