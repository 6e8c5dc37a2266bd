"""The name of a spec, which is also that of its folder of runs."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_NAME = re.compile(r"\w[\w .+-]{0,99}")
_LETTER = r"[^\x00-/:-@\[-^`{-\x7f]"  # \w for editors, whose \w is ASCII: no other ASCII character
_WRITTEN_NAME = Annotated[str, Field(pattern=f"^{_LETTER}({_LETTER}|[ .+-])*$", max_length=100)]
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # on Windows


def _check_name(value: Any) -> Any:
    """Check that a name can be a folder's name and leads nowhere else."""
    if not isinstance(value, str):
        return value
    if not _NAME.fullmatch(value) or value[-1] in " ." or RESERVED.fullmatch(value):
        raise ValueError("must be 1 to 100 letters, digits, spaces and . _ + -")
    return value


SpecName = Annotated[str, BeforeValidator(_check_name, json_schema_input_type=_WRITTEN_NAME)]
