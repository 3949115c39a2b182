"""The data that a portal and a run exchange, besides the live state and changes.

Values that use cases and every portal's adapter share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meta:
    """The identity of a portal, as `doctor` shows it."""

    id: str
    name: str
    version: str
    epoch: str
    revision: int
    now: str
    token_expires_at: str | None = None
    """The end of the caller's token (UTC, ISO 8601); None where the portal does not report it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The permission to write to some customers for a while; `token` fences earlier holders."""

    id: str
    # It grows with each lease: the portal refuses a batch with an older one, however late
    # it arrives.
    token: int


@dataclass(frozen=True, slots=True)
class RunMark:
    """The marks of a run: the owner of the files, the run's own id, and the files' commit.

    `epoch`: the portal's, as the plan saw it; a restore renews it.
    """

    owner: str
    run: str
    commit: str | None
    epoch: str = ""


@dataclass(frozen=True, slots=True)
class Committed:
    """A committed batch: its revision, and the versions of the rows it wrote, by id."""

    revision: int
    versions: Mapping[str, int]
