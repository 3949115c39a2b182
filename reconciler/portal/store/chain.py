"""The audit feed's chain in the database: salts, chaining new entries, verification."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from reconciler.portal.rules import chain
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.store import tables as t

_ROWS_PER_FETCH: Final = 2000


def new_salts() -> Iterator[str]:
    """Yield salts of 128 random bits without end."""
    while True:
        yield secrets.token_hex(16)


def chain_entries(previous: str, entries: Iterable[chain.Entry]) -> list[dict[str, Any]]:
    """Return the entries with seals and hashes; `previous` is the hash before the first one."""
    result, salts = [], new_salts()
    for entry in entries:
        seals = chain.seals_of(entry, salts)
        previous = chain.hash_of(previous, entry, seals)
        result.append({**entry, "seals": seals, "hash": previous})
    return result


@dataclass(frozen=True, slots=True)
class RestoreEntry:
    """The entry that a restore added to the feed. `from_head`: the head of the backup."""

    revision: int
    at: str
    from_head: str


@dataclass(frozen=True, slots=True)
class FeedCheck:
    """The result of checking the whole feed. `wrong`: the first fault, None if the chain holds."""

    entries: int
    head: str
    restores: tuple[RestoreEntry, ...]
    wrong: str | None


def verify_feed(connection: Connection, expected_head: str | None = None) -> FeedCheck:
    """Compare every entry with its hash; `expected_head` must be the hash of one of the entries.

    The feed is streamed; only erased values that no erasure has listed yet stay in memory.
    """
    verification = _Verification(expected_head)
    rows = select(t.changes).order_by(t.changes.c.revision, t.changes.c.seq)
    streamed = (
        connection.execution_options(yield_per=_ROWS_PER_FETCH).execute(rows).mappings()
    )
    failure = next(
        (problem for row in streamed if (problem := verification.check(dict(row)))), None
    )
    if failure is None:
        failure = verification.check_end(
            connection.execute(select(t.portal.c.head)).scalar_one()
        )
    return FeedCheck(
        verification.entries, verification.head, tuple(verification.restores), failure
    )


class _Verification:
    """The state of the check after the entries read so far."""

    def __init__(self, expected_head: str | None) -> None:
        self.expected_head, self.expected_head_seen = (
            expected_head,
            expected_head in {None, chain.START},
        )
        self.entries, self.head = 0, chain.START
        self.restores: list[RestoreEntry] = []
        self.unlisted: dict[str, None] = {}

    def check(self, entry: Mapping[str, Any]) -> str | None:
        """Return the fault of the next entry; None if it holds."""
        if not chain.is_chained_after(self.head, entry):
            return (
                f"the entry of revision {entry['revision']}, seq {entry['seq']} is not what was "
                f"chained after the "
                "entry before it: one of the two was edited, or an entry between them was "
                "removed or added"
            )
        self.entries, self.head = self.entries + 1, entry["hash"]
        self.expected_head_seen = self.expected_head_seen or self.head == self.expected_head
        self.unlisted |= dict.fromkeys(
            chain.value_name(entry, path) for path in chain.erased_paths(entry["seals"])
        )
        if entry["what"] == AuditAction.CONTACTS_ERASE:
            for name in (entry["after"] or {}).get(chain.ERASED_VALUES, ()):
                self.unlisted.pop(name, None)
        if entry["what"] == AuditAction.PORTAL_RESTORE:
            self.restores.append(
                RestoreEntry(
                    entry["revision"], entry["at"], str((entry["before"] or {}).get("head"))
                )
            )
        return None

    def check_end(self, head: str) -> str | None:
        """Return a fault of the feed as a whole; None if it holds."""
        if self.unlisted:
            entry, _, path = next(iter(self.unlisted)).partition(" ")
            revision, _, seq = entry.partition(".")
            return (
                f"'{path}' of the entry of revision {revision}, seq {seq} was erased, and no "
                f"erasure names it"
            )
        if self.head != head:
            return (
                f"the last entries are missing: the portal's head is {head}, that of the "
                f"last entry {self.head}"
            )
        if not self.expected_head_seen:
            return (
                f"no entry has the head {self.expected_head}: entries are missing, or the "
                f"whole chain was recomputed"
            )
        return None


def newest_are_chained(connection: Connection) -> bool:
    """Return whether the newest revision's entries are chained and end in the portal's head."""
    c = t.changes.c
    entries = select(t.changes).order_by(c.revision.desc(), c.seq.desc())
    last = connection.execute(entries.limit(1)).mappings().first()
    head = connection.execute(select(t.portal.c.head)).scalar_one_or_none()
    if last is None:
        return head in {None, chain.START}
    before = (
        connection.execute(entries.where(c.revision < last["revision"]).limit(1))
        .mappings()
        .first()
    )
    previous = before["hash"] if before else chain.START
    newest = select(t.changes).where(c.revision == last["revision"]).order_by(c.seq)
    for entry in connection.execute(newest).mappings():
        if not chain.is_chained_after(previous, dict(entry)):
            return False
        previous = entry["hash"]
    return bool(previous == head)
