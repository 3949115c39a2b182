"""Types, columns and constraint names that several tables share."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, BigInteger, Column, Integer, MetaData, String
from sqlalchemy.types import TypeEngine

# Names of constraints and indexes, so that migrations can refer to them.
CONSTRAINT_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
# All tables of the portal (`store.tables`).
metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
Big: Final = BigInteger().with_variant(Integer, "sqlite")


def json_type() -> TypeEngine[object]:
    """Return the type of a JSON column; None is SQL's NULL."""
    return JSON(none_as_null=True)


def managed_columns() -> list[Column[object]]:
    """Return the columns of every row that files may manage."""
    return [
        Column("id", String(40), primary_key=True),
        Column("version", Integer, nullable=False),
        Column("revision", Big, nullable=False, index=True),
        Column("external_key", String(63)),
        Column("owner", String(200)),
        Column("applied", json_type()),
        Column("touched", json_type(), nullable=False),
    ]
