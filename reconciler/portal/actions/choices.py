"""Body fields and route parameters whose value is a member of an enum."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True, slots=True)
class OneOf:
    """Annotation of a `str` that must be one of the texts of an enum.

    The API document lists the texts: a field of the enum type would become a reference, and a
    `Literal` would repeat them.
    """

    members: type[StrEnum]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return pydantic's schema for a `Literal` of the texts."""
        return core_schema.literal_schema([str(member) for member in self.members])
