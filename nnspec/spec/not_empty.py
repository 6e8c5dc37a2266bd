"""Options that may be absent, but not written without a value."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema


class NotEmpty:
    """In `Annotated`: an option that may be absent, but not written and empty."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """The schema of what may be None, without the None."""
        return handler.generate_schema(get_args(source)[0])
