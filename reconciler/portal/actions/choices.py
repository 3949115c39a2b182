"""Fields of bodies and parameters of routes whose value is one of an enum."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True, slots=True)
class OneOf:
    """Annotation of a `str`: one of the texts of the enum, and in the API document a list of them.

    A field of the enum's own type would be described by a reference, and a `Literal` repeats the texts.
    """

    members: type[StrEnum]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema that pydantic has for a `Literal` of the texts."""
        return core_schema.literal_schema([str(member) for member in self.members])
