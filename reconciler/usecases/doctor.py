"""`reconciler doctor`: whether everything that a run needs is available, one result per line."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.documents.pipeline import read_documents
from reconciler.model.errors import ReconcilerError
from reconciler.model.portal import Meta
from reconciler.model.problems import Severity
from reconciler.planning import LostAccess, find_lost_access
from reconciler.usecases.checkout import read_files
from reconciler.usecases.ports import FileTree, StateReader

_CONNECTION_VARIABLES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
_WARNING_PERIOD: Final = datetime.timedelta(days=7)
# The number of contacts or customers that one line names.
_MOST_NAMES: Final = 5


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check, and what to do when it is not ok.

    `is_required`: whether a run depends on it; otherwise a bad result is a warning.
    """

    subject: str
    is_ok: bool
    message: str
    hint: str | None = None
    is_required: bool = True


def examine(
    open_files: Callable[[], FileTree],
    open_reader: Callable[[], StateReader],
    environment: Mapping[str, str],
) -> Iterator[CheckResult]:
    """Yield all results: the folder, git, the files, the portal, its clock."""
    owner = yield from _folder(open_files)
    yield from _portal(open_reader, owner)
    for name in _CONNECTION_VARIABLES:
        # The HTTP client reads both spellings.
        if value := environment.get(name) or environment.get(name.lower()):
            # Only what follows the @: a proxy's URL may hold a password.
            yield CheckResult(name, True, f"is used: {value.rpartition('@')[2]}")


def _folder(open_files: Callable[[], FileTree]) -> Generator[CheckResult, None, str]:
    """Yield the results about the folder; return the owner that its files name, if they are
    valid.
    """
    try:
        files = open_files()
        tree = read_files(files)
    except ReconcilerError as error:
        yield CheckResult("files", False, error.message, error.hint)
        return ""
    commit = files.head
    yield CheckResult(
        "git",
        commit is not None,
        f"at {commit[:12]}" if commit else "this folder is not in a git repository",
        None if commit else "without git, applying older files is not detected",
        is_required=False,
    )
    reading = read_documents(tree)
    errors = sum(problem.severity is Severity.ERROR for problem in reading.problems)
    counts = reading.counts
    message = (
        f"{counts.files:,} files, {counts.customers:,} customers, {counts.contacts:,} "
        f"contacts, {errors:,} errors"
    )
    yield CheckResult(
        "files",
        reading.desired is not None,
        message,
        "run reconciler validate" if errors else None,
    )
    return reading.desired.owner if reading.desired else ""


def _portal(open_reader: Callable[[], StateReader], owner: str) -> Iterator[CheckResult]:
    try:
        reader = open_reader()
        meta = reader.meta()
        yield CheckResult(
            "portal",
            True,
            f"{meta.name} ({meta.id}), version {meta.version}, revision {meta.revision:,}",
        )
        yield CheckResult("clock", True, f"the portal's clock says {meta.now}")
        if meta.token_expires_at is not None:
            yield _token(meta, meta.token_expires_at)
        live = reader.live_state()
        people = sum(contact.living for contact in live.contacts.values())
        yield CheckResult(
            "snapshot",
            True,
            f"complete: {len(live.customers):,} customers, {people:,} contacts",
        )
        yield from _lost_access(find_lost_access(live, owner))
    except ReconcilerError as error:
        yield CheckResult("portal", False, error.message, error.hint)


def _lost_access(result: LostAccess) -> Iterator[CheckResult]:
    """Yield a warning for expired activation links, and one for customers that nobody manages."""
    hint = "send the activation mail again from the portal's page of the contact"
    if result.people:
        noun = "link has" if len(result.people) == 1 else "links have"
        message = (
            f"{len(result.people):,} activation {noun} expired: {_first(result.people)}"
        )
        yield CheckResult("links", False, message, hint, is_required=False)
    if result.customers:
        message = f"no manager can log in at {_first(result.customers)}"
        yield CheckResult("managers", False, message, hint, is_required=False)


def _first(names: tuple[str, ...]) -> str:
    """Return the first names, and the number of the others."""
    more = len(names) - _MOST_NAMES
    listing = ", ".join(names[:_MOST_NAMES])
    return f"{listing} and {more:,} more" if more > 0 else listing


def _token(meta: Meta, end: str) -> CheckResult:
    # By the portal's clock, which decides when the token ends.
    remaining = datetime.datetime.fromisoformat(end) - datetime.datetime.fromisoformat(
        meta.now
    )
    hint = (
        "create a new token with reconciler portal token, replace this one, then revoke it"
    )
    return CheckResult(
        "token",
        # the last week begins with its first second
        remaining > _WARNING_PERIOD,
        f"works until {end}",
        hint,
        is_required=False,
    )
