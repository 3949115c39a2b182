"""`reconciler doctor`: whether everything that a run needs is available, one result per line."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from reconciler.model.desired import DesiredState
from reconciler.model.errors import FilesUnreadable, ReconcilerError, Refused
from reconciler.model.formats import short_commit
from reconciler.model.portal import Meta, OwnToken
from reconciler.model.problems import Severity
from reconciler.planning import LostAccess, find_lost_access
from reconciler.reports.formatting import count_noun
from reconciler.usecases.checkout import Folder, check_out
from reconciler.usecases.ports import FileTree, Stage, StateReader, silent_stage

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
_APPLYING_SCOPES: Final = ("apply", "admin")


Port = TypeVar("Port")


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check, and what to do when it is not ok.

    `error`: the error that a run would end with. A result that is not ok without one is a warning.
    """

    subject: str
    is_ok: bool
    message: str
    hint: str | None = None
    error: ReconcilerError | None = None


_Results: TypeAlias = Generator[CheckResult, None, DesiredState | None]


def examine(
    open_files: Callable[[], FileTree],
    open_reader: Callable[[], StateReader],
    environment: Mapping[str, str],
    stage: Stage = silent_stage,
) -> Iterator[CheckResult]:
    """Yield all results, in the order in which `reconciler plan` needs what they are about.

    So the first error is the one that a plan would end with.
    """
    files = _try_to_open(open_files)
    if isinstance(files, ReconcilerError):
        yield _failure("files", files)
    reader = _try_to_open(open_reader)
    if isinstance(reader, ReconcilerError):
        yield _failure("portal", reader)
    desired = None
    if not isinstance(files, ReconcilerError):
        desired = yield from _folder(files, stage)
    if not isinstance(reader, ReconcilerError):
        yield from _portal(reader, desired, stage)
    yield from _connection(environment)


def _try_to_open(open_port: Callable[[], Port]) -> Port | ReconcilerError:
    try:
        return open_port()
    except ReconcilerError as error:
        return error


def _failure(subject: str, error: ReconcilerError) -> CheckResult:
    return CheckResult(subject, False, error.message, error.hint, error)


def _folder(files: FileTree, stage: Stage) -> _Results:
    """Yield the results of the folder, and return its desired state if there is one."""
    commit = files.head
    yield CheckResult(
        "git",
        commit is not None,
        f"at {short_commit(commit)}"
        if commit
        else "this folder is not in a git repository",
        None if commit else "without git, applying older files is not detected",
    )
    try:
        folder = check_out(files, stage)
    except FilesUnreadable as error:
        yield _invalid_files(error)
        return None
    except ReconcilerError as error:
        yield _failure("files", error)
        return None
    yield from _valid_files(folder)
    return folder.desired


def _invalid_files(error: FilesUnreadable) -> CheckResult:
    count = sum(problem.severity is Severity.ERROR for problem in error.problems)
    if not count:
        return _failure("files", error)
    message = f"not valid: {count_noun(count, 'error')}"
    return CheckResult("files", False, message, "run reconciler validate", error)


def _valid_files(folder: Folder) -> Iterator[CheckResult]:
    customers = folder.desired.customers
    contacts = sum(len(customer.contacts) for customer in customers.values())
    counts = (
        count_noun(len(folder.tree.files), "file"),
        count_noun(len(customers), "customer"),
        count_noun(contacts, "contact"),
    )
    yield CheckResult("files", True, ", ".join(counts))
    if folder.tree.dirty and folder.tree.commit:
        count = len(folder.tree.dirty)
        yield CheckResult(
            "commit",
            False,
            f"{count_noun(count, 'file')} {'differs' if count == 1 else 'differ'} from it",
            "commit the changes: apply refuses files that are not committed",
        )


def _portal(
    reader: StateReader, desired: DesiredState | None, stage: Stage
) -> Iterator[CheckResult]:
    try:
        meta = reader.meta()
        yield _identity(meta, desired)
        yield CheckResult("clock", True, f"the portal's clock says {meta.now}")
        if meta.token != OwnToken():
            yield from _token(meta, desired)
        with stage("reading the portal"):
            live = reader.live_state()
    except ReconcilerError as error:
        yield _failure("portal", error)
        return
    people = sum(contact.living for contact in live.contacts.values())
    yield CheckResult(
        "snapshot",
        True,
        f"complete: {count_noun(len(live.customers), 'customer')}, "
        f"{count_noun(people, 'contact')}",
    )
    yield from _lost_access(find_lost_access(live, desired.owner if desired else ""))


def _lost_access(result: LostAccess) -> Iterator[CheckResult]:
    """Yield a warning for expired activation links, and one for customers that nobody manages."""
    hint = "send the activation mail again from the portal's page of the contact"
    if result.people:
        links = f"{count_noun(len(result.people), 'activation link')} expired"
        yield CheckResult("links", False, f"{links}: {_first(result.people)}", hint)
    if result.customers:
        message = f"no manager can log in at {_first(result.customers)}"
        yield CheckResult("managers", False, message, hint)


def _first(names: tuple[str, ...]) -> str:
    """Return the first names, and the number of the others."""
    more = len(names) - _MOST_NAMES
    listing = ", ".join(names[:_MOST_NAMES])
    return f"{listing} and {more:,} more" if more > 0 else listing


def _identity(meta: Meta, desired: DesiredState | None) -> CheckResult:
    if desired is not None and desired.portal not in (None, meta.id):
        # A plan would be refused with the same words.
        message = (
            f"portal.yaml is for the portal '{desired.portal}'; this one is '{meta.id}'"
        )
        return _failure("portal", Refused(message, "check the portal's URL"))
    message = f"{meta.name} ({meta.id}), version {meta.version}, revision {meta.revision:,}"
    return CheckResult("portal", True, message)


def _token(meta: Meta, desired: DesiredState | None) -> Iterator[CheckResult]:
    token = meta.token
    scope = f"scope {token.scope}" if token.scope else "scope not known"
    if token.scope and token.scope not in _APPLYING_SCOPES:
        scope += " (plan works, apply does not)"
    owner = f"for the owner '{token.owner}'" if token.owner else "for any owner"
    end = f"works until {token.expires_at}" if token.expires_at else "end not known"
    yield CheckResult(
        "token",
        not _ends_soon(meta),
        f"{scope}, {owner}, {end}",
        "create a new token with reconciler portal token, replace this one, then revoke it",
    )
    if token.owner and desired is not None and token.owner != desired.owner:
        yield CheckResult(
            "owner",
            False,
            f"portal.yaml has '{desired.owner}', and the token writes for '{token.owner}'",
            "for reconciler apply, use a token for the owner in portal.yaml",
        )


def _ends_soon(meta: Meta) -> bool:
    """Return whether the token ends within a week."""
    if meta.token.expires_at is None:
        return False
    end = datetime.datetime.fromisoformat(meta.token.expires_at)
    # By the portal's clock, which decides when the token ends. The last week begins with its
    # first second.
    return end - datetime.datetime.fromisoformat(meta.now) <= _WARNING_PERIOD


def _connection(environment: Mapping[str, str]) -> Iterator[CheckResult]:
    for name in _CONNECTION_VARIABLES:
        # The HTTP client reads both spellings.
        if value := environment.get(name) or environment.get(name.lower()):
            # Only what follows the @: a proxy's URL may hold a password.
            yield CheckResult(name, True, f"is used: {value.rpartition('@')[2]}")
