"""`reconciler portal`: the only module that imports the reference portal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.documents.pipeline import read_documents
from reconciler.model.desired import DesiredState
from reconciler.model.errors import Refused, WrongUsage
from reconciler.model.plan import Facts, Plan
from reconciler.model.portal import RunMark
from reconciler.planning import exact_permissions, make_plan
from reconciler.reports.formatting import count_noun, escape
from reconciler.shipped import demo_book
from reconciler.usecases.checkout import read_files
from reconciler.usecases.demo_history import earlier_books
from reconciler.usecases.ports import BatchWriter, Connect, FileTree, OpenTree, StateReader
from reconciler.usecases.steps import scopes_of

try:
    from reconciler.portal import commands
except ModuleNotFoundError as error:
    raise WrongUsage(
        f"the reference portal is not installed: {error.name} is missing",
        "install it from its checkout with pipx install --force '.[portal]', or from a wheel in "
        "the same way",
    ) from None

__all__ = [
    "Invitation",
    "back_up",
    "commands",
    "invite",
    "restore",
    "revoke",
    "seed",
    "seed_demo",
    "serve",
    "token",
    "tokens",
    "verify",
]

HOLDER = "the demo's past"
# The default address of a portal.
DEFAULT_URL = "http://127.0.0.1:8000"


def serve(database: str, port: int, host: str, base_url: str | None, **more: Any) -> None:
    """Serve the portal until a signal; `more`: the other options of `commands.serve`."""
    if unknown := [
        name for name in more.get("limits") or () if name not in commands.LIMITS
    ]:
        raise WrongUsage(
            f"--limit: '{unknown[0]}' is not a limit",
            f"the limits are {', '.join(commands.LIMITS)}",
        )
    with _translated_errors():
        commands.serve(
            database,
            port,
            host,
            base_url,
            # An option that was not given keeps the portal's own default.
            **{name: value for name, value in more.items() if value},
        )


def token(database: str, scope: str, name: str, expires: str, owner: str | None) -> str:
    """Return a new token of this scope from `commands.create_token`."""
    with _translated_errors():
        commands.require_database(database)
        try:
            return commands.create_token(database, scope, name, expires, owner)
        except ValueError as error:
            raise WrongUsage(
                f"{error}; nothing was changed", "reconciler portal token --help"
            ) from None


def tokens(database: str) -> list[dict[str, str | None]]:
    """Return every token of the portal, oldest first, from `commands.list_tokens`."""
    with _translated_errors():
        commands.require_database(database)
        return commands.list_tokens(database)


def revoke(database: str, id: str) -> str:
    """End a token and return a sentence about the result."""
    with _translated_errors():
        commands.require_database(database)
        try:
            name, end = commands.revoke_token(database, id)
        except ValueError as error:
            raise WrongUsage(
                f"{error}; nothing was changed", "reconciler portal tokens shows their ids"
            ) from None
    return (
        f"{id} ({name}) already ended {end}; nothing was changed"
        if end
        else f"{id} ({name}) no longer works"
    )


@dataclass(frozen=True, slots=True)
class Invitation:
    """An activation link, with remarks for the caller."""

    link: str
    remarks: tuple[str, ...]


def invite(database: str, person: Mapping[str, str], base_url: str | None) -> Invitation:
    """Return the activation link of one of the provider's people; on this machine without
    `base_url`.
    """
    with _translated_errors():
        try:
            link, again = commands.invite(
                database, person, (base_url or DEFAULT_URL).rstrip("/")
            )
        except ValueError as error:
            raise WrongUsage(str(error)) from None
        except commands.InviteRefused as error:
            raise Refused(f"{error}; nothing was changed") from None
    return Invitation(link, tuple(_remarks(database, base_url, again=again)))


def _remarks(database: str, base_url: str | None, *, again: bool) -> Iterator[str]:
    if again:
        yield "the earlier link for this address no longer works"
    if base_url is None and not database.startswith("sqlite"):
        yield (
            f"the link leads to {DEFAULT_URL}, this machine; pass --base-url with the portal's "
            f"public URL"
        )


def seed(
    database: str,
    customers: int | None,
    contacts_per_customer: int | None,
    demo_password: str | None,
    *,
    open_tree: OpenTree,
    connect: Connect,
) -> str:
    """Fill an empty portal and return a sentence about its content."""
    with _translated_errors():
        if demo_password is not None and commands.check_password(demo_password):
            raise WrongUsage(
                "this password is too easily guessed",
                "use 8 characters or more, with lower and upper case and digits, and no common "
                "word",
            )
        if not commands.is_empty(database):
            raise Refused(
                "this portal already contains customers; nothing was changed",
                "name a new database",
            )
        if customers is not None and contacts_per_customer is not None:
            commands.seed_many(database, customers, contacts_per_customer)
            people = count_noun(contacts_per_customer, "person", "people")
            customers_text = count_noun(customers, "invented customer")
            return f"{customers_text} with {people} each, all unmanaged"
        seed_demo(database, open_tree(demo_book()), connect, demo_password)
        return "the demo's state, on which the shipped files can be planned"


def back_up(database: str, files: Path | None, out: Path) -> str:
    """Write a portal to one archive and return a sentence about its content."""
    with _translated_errors():
        commands.require_database(database)
        return f"wrote {out}: {commands.back_up(database, files, out)}"


def restore(database: str, files: Path | None, archive: Path, *, keep_tokens: bool) -> str:
    """Restore an archive into an empty database and return the report, line by line."""
    with _translated_errors():
        return "\n  ".join(
            _restore_report(
                commands.restore(database, files, archive, keep_tokens=keep_tokens)
            )
        )


def _restore_report(result: commands.RestoreResult) -> Iterator[str]:
    yield f"restored {result.manifest.sentence}"
    yield "everybody must log in again, and every reconciler reads the whole state again"
    count = len(result.tokens)
    tokens = f"{count_noun(count, 'token')} of the backup"
    if result.tokens_kept:
        work, were = ("works", "it was") if count == 1 else ("work", "they were")
        yield f"{tokens} {work} again, even if {were} revoked after the backup"
    else:
        were = "was" if count == 1 else "were"
        yield f"{tokens} {were} ended; create new ones with reconciler portal token"
    for id, scope, name in result.tokens:
        yield f"  {id}  {scope:<7}  {escape(name)}"
    void = (
        f"{count_noun(result.links, 'link')} in mails and "
        f"{count_noun(result.sign_ups, 'unconfirmed sign-up')}"
    )
    yield (
        f"{void} no longer work; {count_noun(result.mails, 'unsent mail')} with such a link "
        f"will not be sent"
    )
    yield (
        f"people, roles and passwords are those of {result.manifest.at}: repeat the removals "
        f"and erasures that came later"
    )
    yield (
        f"revision {result.revision} of the audit feed records the restore and the backup's "
        f"head, {result.head}"
    )


def verify(database: str, expected_head: str | None) -> str:
    """Return the verdict on the audit feed, line by line; `Refused` when an entry was changed."""
    with _translated_errors():
        commands.require_database(database)
        verdict = commands.verify(database, expected_head)
    if verdict.wrong is not None:
        hint = (
            "restore a backup into an empty database with reconciler portal restore, and "
            "compare the two"
        )
        raise Refused(f"the audit feed is damaged: {verdict.wrong}", hint)
    return "\n  ".join(_verification_report(verdict, expected_head))


def _verification_report(
    verdict: commands.FeedCheck, expected_head: str | None
) -> Iterator[str]:
    yield (
        f"the audit feed is intact: {count_noun(verdict.entries, 'entry', 'entries')}, head "
        f"{verdict.head}"
    )
    for restore_entry in verdict.restores:
        yield (
            f"revision {restore_entry.revision}, {restore_entry.at}: restored from a backup "
            f"whose head was {restore_entry.from_head}"
        )
    if expected_head:
        yield f"the recorded head {expected_head} was found: no entry up to it was changed"
    else:
        yield "without --head, a recomputed chain and missing last entries are not detected"
        yield "store the head outside of the database and pass it with --head next time"


def seed_demo(
    database: str, files: FileTree, connect: Connect, password: str | None = None
) -> None:
    """Bring an empty portal to the state that today's shipped files change.

    `password`: lets its people log in; without it, nobody can.
    """
    desired = read_documents(read_files(files)).desired
    if desired is None:
        raise Refused(
            "the shipped files are not valid", "run `reconciler validate` on them"
        )
    # One day is the shortest life of a token; the demo needs minutes.
    admin = commands.create_token(database, "apply", HOLDER, expires="1")
    with commands.running(database) as url:
        for earlier in earlier_books(desired):
            with connect(url, admin) as (reader, writer):
                _apply(earlier, reader, writer)
            # Between the books, so that today's plan takes access from people who have it.
            commands.activate_invited_people(database)
    commands.add_demo_activity_to(database, password)


def _apply(desired: DesiredState, reader: StateReader, writer: BatchWriter) -> None:
    """Apply an earlier state completely, with every permission that it needs."""
    plan = _permitted_plan(desired, reader)
    scopes = frozenset().union(*(scopes_of(group) for group in plan.ready))
    lease = writer.take_lease(sorted(scopes), 60, HOLDER, "run_past")
    for group in plan.ready:
        writer.write_batch(
            group.changes, lease, RunMark(desired.owner, "run_past", None), group.expects
        )
    writer.give_back(lease)


def _permitted_plan(desired: DesiredState, reader: StateReader) -> Plan:
    live = reader.live_state()
    # The exact numbers are known only from a plan, so the plan is made twice.
    permissions = exact_permissions(make_plan(desired, live, Facts()))
    return make_plan(desired, live, Facts(permissions=permissions))


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Translate the portal's own errors into errors of the command line."""
    try:
        yield
    except (
        commands.WrongDatabase,
        commands.WrongSettings,
        commands.WrongArchive,
        commands.UnusableCatalog,
    ) as error:
        raise WrongUsage(str(error)) from None
    except commands.DatabaseFailure as error:
        # Database drivers write several lines; an error is one.
        detail = " ".join(str(error.orig).split())
        raise WrongUsage(
            f"the database cannot be used: {detail}", "check its URL and that it exists"
        ) from None
