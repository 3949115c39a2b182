"""The data that a portal and a run exchange, besides the live state and changes.

Values that use cases and every portal's adapter share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OwnToken:
    """The caller's token, as far as the portal says; `owner` None: of no or an unknown owner."""

    scope: str | None = None
    owner: str | None = None
    expires_at: str | None = None
    """UTC, ISO 8601."""


@dataclass(frozen=True, slots=True)
class Meta:
    """The identity of a portal, as `doctor` shows it."""

    id: str
    name: str
    version: str
    epoch: str
    revision: int
    now: str
    token: OwnToken = field(default_factory=OwnToken)


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
