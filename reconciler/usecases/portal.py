"""`reconciler portal`: the one door from the reconciler to the reference portal."""

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
from reconciler.reports.formatting import counted, told
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
        "install it from its checkout with pipx install --force '.[portal]', or from a wheel in the same way",
    ) from None

__all__ = [
    "Invited", "back_up", "commands", "invite", "restore", "revoke", "seed", "serve", "tell_demo", "token", "tokens",
    "verify",
]  # fmt: skip

HOLDER = "the demo's past"
HERE = "http://127.0.0.1:8000"
"""Where a portal is served when nobody says where."""


def serve(database: str, port: int, host: str, base_url: str | None, **more: Any) -> None:
    """Serve the portal until a signal; `more` is what else `commands.serve` takes."""
    if unknown := [name for name in more.get("limits") or () if name not in commands.LIMITS]:
        raise WrongUsage(f"--limit: '{unknown[0]}' is no limit", f"the limits are {', '.join(commands.LIMITS)}")
    with _understood():
        commands.serve(database, port, host, base_url, **{name: value for name, value in more.items() if value})


def token(database: str, scope: str, name: str, expires: str, owner: str | None) -> str:
    """A new token of this scope, as `commands.create_token` makes it."""
    with _understood():
        try:
            return commands.create_token(database, scope, name, expires, owner)
        except ValueError as error:
            raise WrongUsage(f"{error}; nothing was changed", "reconciler portal token --help") from None


def tokens(database: str) -> list[dict[str, str | None]]:
    """Every token of the portal, oldest first, as `commands.list_tokens` shows it."""
    with _understood():
        return commands.list_tokens(database)


def revoke(database: str, id: str) -> str:
    """End a token; what became of it, in a sentence."""
    with _understood():
        try:
            name, ended = commands.revoke_token(database, id)
        except ValueError as error:
            raise WrongUsage(f"{error}; nothing was changed", "reconciler portal tokens shows their ids") from None
    return f"{id} ({name}) had ended {ended}; nothing was changed" if ended else f"{id} ({name}) opens nothing any more"


@dataclass(frozen=True, slots=True)
class Invited:
    """An activation link, and what whoever hands it over should know."""

    link: str
    remarks: tuple[str, ...]


def invite(database: str, said: Mapping[str, str], base_url: str | None) -> Invited:
    """The activation link of one of the provider's people; on this machine unless `base_url` says otherwise."""
    with _understood():
        try:
            link, again = commands.invite(database, said, (base_url or HERE).rstrip("/"))
        except ValueError as error:
            raise WrongUsage(str(error)) from None
        except commands.NotInvited as error:
            raise Refused(f"{error}; nothing was changed") from None
    return Invited(link, tuple(_remarks(database, base_url, again=again)))


def _remarks(database: str, base_url: str | None, *, again: bool) -> Iterator[str]:
    if again:
        yield "the link that was made before for this address opens nothing any more"
    if base_url is None and not database.startswith("sqlite"):
        yield f"the link leads to {HERE}, this machine: say with --base-url how people reach the portal"


def seed(
    database: str,
    customers: int | None,
    contacts_per_customer: int | None,
    demo_password: str | None,
    *,
    open_tree: OpenTree,
    connect: Connect,
) -> str:
    """Fill an empty portal; what was put there, in a sentence."""
    with _understood():
        if demo_password is not None and commands.judge_password(demo_password):
            raise WrongUsage(
                "this password is too easily guessed",
                "take 8 characters or more, with lower and upper case and digits, and no word that everybody takes",
            )
        if not commands.is_empty(database):
            raise Refused("this portal holds customers already; nothing was changed", "name a new database")
        if customers is not None and contacts_per_customer is not None:
            commands.seed_many(database, customers, contacts_per_customer)
            return f"{customers:,} invented customers with {contacts_per_customer:,} people each; nobody manages them"
        tell_demo(database, open_tree(demo_book()), connect, demo_password)
        return "the demo's state: what the shipped files meet when they are planned"


def back_up(database: str, files: Path | None, out: Path) -> str:
    """A portal as one archive; what is in it, in a sentence."""
    with _understood():
        return f"wrote {out}: {commands.back_up(database, files, out)}"


def restore(database: str, files: Path | None, archive: Path, *, keep_tokens: bool) -> str:
    """An archive's portal in an empty database; what was brought back and what opens nothing, line by line."""
    with _understood():
        return "\n  ".join(_restored(commands.restore(database, files, archive, keep_tokens=keep_tokens)))


def _restored(done: commands.Restored) -> Iterator[str]:
    yield f"restored {done.manifest.sentence}"
    yield "everybody has to log in again, and every reconciler reads everything again"
    tokens = counted(len(done.tokens), "token")
    if done.kept:
        yield f"{tokens} of the backup work again, even if they were revoked after the backup"
    else:
        yield f"{tokens} of the backup were ended; make new ones with reconciler portal token"
    for id, scope, name in done.tokens:
        yield f"  {id}  {scope:<7}  {told(name)}"
    void = f"{counted(done.links, 'link')} in mails and {counted(done.sign_ups, 'unconfirmed sign-up')}"
    yield f"{void} no longer work; {counted(done.mails, 'unsent mail')} with such a link will not be sent"
    yield f"people, roles and passwords are those of {done.manifest.at}: repeat the removals and erasures that came later"
    yield f"revision {done.revision} of the audit feed records the restore and the backup's head, {done.head}"


def verify(database: str, noted: str | None) -> str:
    """The verdict on the audit feed, line by line; `Refused` when an entry is not what was written."""
    with _understood():
        found = commands.verify(database, noted)
    if found.wrong is not None:
        hint = "restore a backup into an empty database with reconciler portal restore, and compare the two"
        raise Refused(f"the audit feed does not hold: {found.wrong}", hint)
    return "\n  ".join(_verified(found, noted))


def _verified(found: commands.Verdict, noted: str | None) -> Iterator[str]:
    yield f"the audit feed holds: {counted(found.entries, 'entry', 'entries')}, head {found.head}"
    for each in found.restores:
        yield f"revision {each.revision}, {each.at}: restored from a backup whose head was {each.from_head}"
    if noted:
        yield f"the noted head {noted} was found: nothing was changed up to its entry"
    else:
        yield "without --head, a recomputed chain and missing last entries are not detected"
        yield "note the head outside of the database and pass it with --head next time"


def tell_demo(database: str, files: FileTree, connect: Connect, password: str | None = None) -> None:
    """Bring an empty portal to the state that today's shipped files change.

    `password`: what its people log in with; None, and nobody can.
    """
    desired = read_documents(read_files(files)).desired
    if desired is None:
        raise Refused("the shipped files are not valid", "run `reconciler validate` on them")
    admin = commands.create_token(database, "apply", HOLDER, expires="1")
    with commands.running(database) as url:
        for earlier in earlier_books(desired):
            with connect(url, admin) as (reader, writer):
                _apply(earlier, reader, writer)
            commands.activate_everybody(database)
    commands.tell_story(database, password)


def _apply(desired: DesiredState, reader: StateReader, writer: BatchWriter) -> None:
    """Carry out all of an earlier state, with every permission that it needs."""
    plan = _permitted(desired, reader)
    scopes = frozenset().union(*(scopes_of(group) for group in plan.ready))
    lease = writer.take_lease(sorted(scopes), 60, HOLDER, "run_past")
    for group in plan.ready:
        writer.carry_out(group.changes, lease, RunMark(desired.owner, "run_past", None), group.expects)
    writer.give_back(lease)


def _permitted(desired: DesiredState, reader: StateReader) -> Plan:
    live = reader.live_state()
    permissions = exact_permissions(make_plan(desired, live, Facts()))
    return make_plan(desired, live, Facts(permissions=permissions))


@contextmanager
def _understood() -> Iterator[None]:
    """Failures of the portal's own as failures that the command line knows."""
    try:
        yield
    except (commands.WrongDatabase, commands.WrongSettings, commands.WrongArchive) as error:
        raise WrongUsage(str(error)) from None
    except commands.DatabaseFailure as error:
        said = " ".join(str(error.orig).split())
        raise WrongUsage(f"the database cannot be used: {said}", "check its URL and that it is there") from None
