"""What a portal and a run tell each other, besides the live state and changes.

Values that use cases and every portal's adapter share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meta:
    """Which portal this is: what `doctor` shows."""

    id: str
    name: str
    version: str
    epoch: str
    revision: int
    now: str
    token_expires_at: str | None = None
    """When the token that asks ends (UTC, ISO 8601); None where the portal does not say."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write to some customers for a while; `token` fences whoever had it before."""

    id: str
    token: int


@dataclass(frozen=True, slots=True)
class RunMark:
    """Whose run this is: the owner of the files, the run's own id, and the files' commit."""

    owner: str
    run: str
    commit: str | None


@dataclass(frozen=True, slots=True)
class Committed:
    """A batch that was carried out: its revision, and the versions of the rows it wrote, by id."""

    revision: int
    versions: Mapping[str, int]
