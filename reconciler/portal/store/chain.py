"""The chain of the audit feed in the database: salts, the chaining of old entries, and verification."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from reconciler.portal.rules import chain
from reconciler.portal.rules.audit import Verb
from reconciler.portal.store import tables as t

_ROWS_A_TIME: Final = 2000


def new_salts() -> Iterator[str]:
    """Salts without end, each of 128 random bits."""
    while True:
        yield secrets.token_hex(16)


def chained(previous: str, entries: Iterable[chain.Entry]) -> list[dict[str, Any]]:
    """The entries with their seals and hashes; `previous`: the hash of the entry before the first."""
    found, salts = [], new_salts()
    for entry in entries:
        seals = chain.seals_of(entry, salts)
        previous = chain.hash_of(previous, entry, seals)
        found.append({**entry, "seals": seals, "hash": previous})
    return found


@dataclass(frozen=True, slots=True)
class RestoreEntry:
    """The entry that a restore added to the feed. `from_head`: the head of the backup."""

    revision: int
    at: str
    from_head: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at the whole feed found. `wrong`: what does not hold, None when everything does."""

    entries: int
    head: str
    restores: tuple[RestoreEntry, ...]
    wrong: str | None


def verify_feed(connection: Connection, noted: str | None = None) -> Verdict:
    """Compare every entry with its hash; `noted` is a head that must be that of one of the entries.

    The feed is read as a stream; kept are only the erased values that no entry has named yet.
    """
    look = _Look(noted)
    rows = select(t.changes).order_by(t.changes.c.revision, t.changes.c.seq)
    streamed = connection.execution_options(yield_per=_ROWS_A_TIME).execute(rows).mappings()
    wrong = next((said for row in streamed if (said := look.at(dict(row)))), None)
    if wrong is None:
        wrong = look.at_the_end(connection.execute(select(t.portal.c.head)).scalar_one())
    return Verdict(look.entries, look.head, tuple(look.restores), wrong)


class _Look:
    """What is known of the entries that were read so far."""

    def __init__(self, noted: str | None) -> None:
        self.noted, self.noted_seen = noted, noted in {None, chain.START}
        self.entries, self.head = 0, chain.START
        self.restores: list[RestoreEntry] = []
        self.unnamed: dict[str, None] = {}

    def at(self, entry: Mapping[str, Any]) -> str | None:
        """What is wrong with the next entry; None when it holds."""
        if not chain.holds(self.head, entry):
            return (
                f"the entry of revision {entry['revision']}, seq {entry['seq']} is not what was chained after the "
                "entry before it: one of the two was edited, or an entry between them was removed or added"
            )
        self.entries, self.head = self.entries + 1, entry["hash"]
        self.noted_seen = self.noted_seen or self.head == self.noted
        self.unnamed |= dict.fromkeys(chain.named(entry, path) for path in chain.erased_paths(entry["seals"]))
        if entry["what"] == Verb.CONTACTS_ERASE:
            for name in (entry["after"] or {}).get(chain.NAMED, ()):
                self.unnamed.pop(name, None)
        if entry["what"] == Verb.PORTAL_RESTORE:
            self.restores.append(RestoreEntry(entry["revision"], entry["at"], str((entry["before"] or {}).get("head"))))
        return None

    def at_the_end(self, head: str) -> str | None:
        """What is wrong with the feed as a whole; None when it holds."""
        if self.unnamed:
            entry, _, path = next(iter(self.unnamed)).partition(" ")
            revision, _, seq = entry.partition(".")
            return f"'{path}' of the entry of revision {revision}, seq {seq} was erased, and no erasure names it"
        if self.head != head:
            return f"the last entries are missing: the portal's head is {head}, that of the last entry {self.head}"
        if not self.noted_seen:
            return f"no entry has the head {self.noted}: entries are missing, or the whole chain was computed anew"
        return None


def newest_hold(connection: Connection) -> bool:
    """Whether the entries of the newest revision are chained, and the portal's head is that of the last one."""
    c = t.changes.c
    entries = select(t.changes).order_by(c.revision.desc(), c.seq.desc())
    last = connection.execute(entries.limit(1)).mappings().first()
    head = connection.execute(select(t.portal.c.head)).scalar_one_or_none()
    if last is None:
        return head in {None, chain.START}
    before = connection.execute(entries.where(c.revision < last["revision"]).limit(1)).mappings().first()
    previous = before["hash"] if before else chain.START
    newest = select(t.changes).where(c.revision == last["revision"]).order_by(c.seq)
    for entry in connection.execute(newest).mappings():
        if not chain.holds(previous, dict(entry)):
            return False
        previous = entry["hash"]
    return bool(previous == head)
