"""Types and columns that many tables share."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, BigInteger, Column, Integer, String
from sqlalchemy.types import TypeEngine

Big: Final = BigInteger().with_variant(Integer, "sqlite")


def json_type() -> TypeEngine[object]:
    """The type of a JSON column; None is SQL's NULL."""
    return JSON(none_as_null=True)


def managed_columns() -> list[Column[object]]:
    """The columns of every row that files may manage."""
    return [
        Column("id", String(40), primary_key=True),
        Column("version", Integer, nullable=False),
        Column("revision", Big, nullable=False, index=True),
        Column("external_key", String(63)),
        Column("owner", String(200)),
        Column("applied", json_type()),
        Column("touched", json_type(), nullable=False),
    ]
