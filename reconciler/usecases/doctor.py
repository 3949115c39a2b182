"""`reconciler doctor`: whether everything that a run needs is there, one finding a line."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.documents.pipeline import read_documents
from reconciler.model.errors import ReconcilerError
from reconciler.model.portal import Meta
from reconciler.model.problems import Severity
from reconciler.usecases.checkout import read_files
from reconciler.usecases.ports import FileTree, StateReader

_HEARD = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
_WARNED_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check, and what to do if it is not well.

    `stops`: whether a run depends on it; if not, a bad result is a warning.
    """

    subject: str
    well: bool
    told: str
    hint: str | None = None
    stops: bool = True


def examine(
    open_files: Callable[[], FileTree],
    open_reader: Callable[[], StateReader],
    environment: Mapping[str, str],
) -> Iterator[Finding]:
    """All findings, as they are made: the folder, git, the files, the portal, its clock."""
    yield from _folder(open_files)
    yield from _portal(open_reader)
    for name in _HEARD:
        if value := environment.get(name) or environment.get(name.lower()):
            yield Finding(name, True, f"is heard: {value.rpartition('@')[2]}")


def _folder(open_files: Callable[[], FileTree]) -> Iterator[Finding]:
    try:
        files = open_files()
        tree = read_files(files)
    except ReconcilerError as error:
        yield Finding("files", False, error.message, error.hint)
        return
    commit = files.head
    yield Finding("git", commit is not None, f"at {commit[:12]}" if commit else "this folder is in no git repository",
                  None if commit else "without git, old files cannot be told from new ones", stops=False)  # fmt: skip
    reading = read_documents(tree)
    errors = sum(problem.severity is Severity.ERROR for problem in reading.problems)
    counts = reading.counts
    told = f"{counts.files:,} files, {counts.customers:,} customers, {counts.contacts:,} contacts, {errors:,} errors"
    yield Finding("files", reading.desired is not None, told, "run reconciler validate" if errors else None)


def _portal(open_reader: Callable[[], StateReader]) -> Iterator[Finding]:
    try:
        reader = open_reader()
        meta = reader.meta()
        yield Finding("portal", True, f"{meta.name} ({meta.id}), version {meta.version}, revision {meta.revision:,}")
        yield Finding("clock", True, f"the portal's clock says {meta.now}")
        if meta.token_expires_at is not None:
            yield _token(meta, meta.token_expires_at)
        live = reader.live_state()
        people = sum(contact.living for contact in live.contacts.values())
        yield Finding("snapshot", True, f"complete: {len(live.customers):,} customers, {people:,} contacts")
    except ReconcilerError as error:
        yield Finding("portal", False, error.message, error.hint)


def _token(meta: Meta, end: str) -> Finding:
    left = datetime.datetime.fromisoformat(end) - datetime.datetime.fromisoformat(meta.now)
    hint = "make a new token with reconciler portal token, use it instead of this one, then revoke this one"
    return Finding("token", left.days >= _WARNED_DAYS, f"works until {end}", hint, stops=False)
