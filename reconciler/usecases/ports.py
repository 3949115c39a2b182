"""The ports of the use cases: the protocols that adapters fulfil.

`cli` opens the adapters and passes them in. A portal behind another protocol, such as SCIM, is
another `StateReader` and `BatchWriter`; planning and use cases stay unchanged. A port for writing
files or for a forge is added with the first use case that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

from reconciler.model.changes import Change
from reconciler.model.files import SourceFile, Tree
from reconciler.model.live import LiveState
from reconciler.model.plan import Expects
from reconciler.model.portal import Committed, Lease, Meta, RunMark


class FileTree(Protocol):
    """The files of one folder and their history, all relative to one commit."""

    @property
    def head(self) -> str | None:
        """The full id of that commit; None outside of git and before the first commit."""

    def tree(self) -> Tree:
        """Return the files on the disk, and which of them are dirty."""

    def tree_at(self, ref: str) -> Tree:
        """Return the files of a commit."""

    def matching(self, patterns: Sequence[str]) -> tuple[SourceFile, ...]:
        """Return the files on the disk, outside of `customers/`, that paths or globs match."""

    def dirty_among(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """Return the paths among these that differ from the commit."""

    def matching_at(self, ref: str, patterns: Sequence[str]) -> tuple[SourceFile, ...]:
        """Return the files of a commit that paths or globs match."""

    def ancestors_among(self, commits: Iterable[str]) -> frozenset[str]:
        """Return those of the commits that the commit of this tree descends from, itself
        included.
        """

    def replaced_among(self, commits: Iterable[str], former: str) -> frozenset[str]:
        """Return those of the commits that a rewritten history replaced: `former`, the commits that
        it descends from, and those that do not exist here.

        None in a shallow clone, which cannot know.
        """


class StateReader(Protocol):
    """Reads one portal; it has no method that writes."""

    def meta(self) -> Meta:
        """Return the portal's id, epoch and clock."""

    def live_state(self) -> LiveState:
        """Return everything at one revision, complete; `PortalUnavailable` otherwise."""


class BatchWriter(Protocol):
    """Writes to one portal: leases and batches."""

    def take_lease(
        self, scopes: Sequence[str], ttl_s: float, holder: str, run: str
    ) -> Lease:
        """Return a lease on all the scopes; `LeaseHeld` when another run has one of them."""

    def renew(self, lease: Lease, ttl_s: float) -> None:
        """Extend the lease; `LeaseLost` when it is gone."""

    def give_back(self, lease: Lease) -> None:
        """Release the scopes."""

    def write_batch(
        self, changes: Sequence[Change], lease: Lease, mark: RunMark, expects: Expects
    ) -> Committed:
        """Write all the changes in one transaction, or none.

        `BatchRefused`: nothing was written, for example because `expects` does not hold.
        `OutcomeUnknown`: it is unknown whether the changes were written.
        """


# Opens the files of a folder; for use cases that create the folder themselves.
OpenTree: TypeAlias = Callable[[Path], FileTree]

# Connects to the portal at a URL with a token; for use cases that start the portal
# themselves.
Connect: TypeAlias = Callable[
    [str, str], AbstractContextManager[tuple[StateReader, BatchWriter]]
]

Item = TypeVar("Item")


class Track(Protocol):
    """Passes items on, one by one, and counts them for a person who waits."""

    def __call__(self, items: Sequence[Item], /) -> Iterable[Item]:
        """Return the same items in the same order."""


# Shows a text while the block runs, for a person who waits.
Stage: TypeAlias = Callable[[str], AbstractContextManager[Track]]


def silent_stage(_text: str) -> AbstractContextManager[Track]:
    """Show nothing: nobody waits."""
    return nullcontext(_pass_on)


def _pass_on(items: Sequence[Item], /) -> Iterable[Item]:
    return items
