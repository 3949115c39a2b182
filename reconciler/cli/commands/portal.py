"""`reconciler portal serve|token|tokens|revoke|invite|seed|backup|restore|verify`: starts the reference portal, and is all that knows of it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from reconciler.cli.output import show, warn
from reconciler.cli.settings import Settings, with_settings
from reconciler.model.errors import WrongUsage
from reconciler.reports.formatting import told

EPILOG = """\b
Examples:
  reconciler portal seed  --database sqlite:///portal.sqlite
  reconciler portal token --database sqlite:///portal.sqlite --scope apply
  reconciler portal tokens --database sqlite:///portal.sqlite
  reconciler portal serve --database sqlite:///portal.sqlite --port 8000
  reconciler portal backup --database sqlite:///portal.sqlite --out portal.zip
  reconciler portal verify --database sqlite:///portal.sqlite
  reconciler portal invite --database sqlite:///portal.sqlite --name "Ada Quist" --email ada@provider.example
"""
SMTP_PASSWORD: Final = "RECONCILER_PORTAL_SMTP_PASSWORD"  # noqa: S105  the variable's name
_COLUMNS: Final = ("id", "scope", "made", "ended", "expires", "used", "owner", "name")
OIDC_SECRET: Final = "RECONCILER_PORTAL_OIDC_SECRET"  # noqa: S105  the same

_DATABASE = click.option(
    "--database", required=True, metavar="URL", envvar="RECONCILER_PORTAL_DATABASE", show_envvar=True,
    help="sqlite:///FILE or postgresql://…",
)  # fmt: skip
_FILES = click.option(
    "--files", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", envvar="RECONCILER_PORTAL_FILES",
    show_envvar=True, help="The folder of the portal's files. Required with PostgreSQL; by default beside the SQLite file.",
)  # fmt: skip


_LIMIT: Final = re.compile(r"([a-z-]+)=([1-9][0-9]{0,8})")


def _numbers(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, int]:
    """Return the numbers of limits by name. The portal judges the names."""
    found = [(text, _LIMIT.fullmatch(text)) for text in given]
    if wrong := [text for text, match in found if match is None]:
        raise WrongUsage(
            f"--limit: '{wrong[0]}' is not NAME=NUMBER with a number of at least 1",
            "write for example --limit mails=200",
        )
    return {match[1]: int(match[2]) for _, match in found if match}


@click.group(epilog=EPILOG)
def portal() -> None:
    """Serve the reference portal, make tokens for it, fill it, back it up."""


@portal.command(epilog=EPILOG)
@_DATABASE
@_FILES
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="The interface to listen on.")
@click.option("--base-url", metavar="URL", help="How people reach the portal: https, stands in mails.")
@click.option("--smtp", metavar="URL", help="The mail server: smtp://[USER@]HOST[:PORT] or smtps://…")
@click.option("--mail-from", metavar="ADDRESS", help="From whom mails come.")
@click.option("--oidc-issuer", metavar="URL", help="An OpenID provider that people may log in at.")
@click.option("--oidc-client-id", metavar="ID", help="How the provider knows the portal.")
@click.option("--oidc-name", metavar="TEXT", help="What people call the provider; stands on the button.")
@click.option(
    "--oidc-domain", "oidc_domains", metavar="DOMAIN", multiple=True,
    help="Take the provider's word for addresses of this domain only; may be repeated.",
)  # fmt: skip
@click.option(
    "--trusted-proxies", metavar="ADDRESSES", default="127.0.0.1", show_default=True,
    help="Whose X-Forwarded-For is believed.",
)  # fmt: skip
@click.option(
    "--connections", type=click.IntRange(1, 100_000), default=400, show_default=True,
    help="How many are served at once; who comes beyond is asked to come again.",
)  # fmt: skip
@click.option(
    "--limit", "limits", metavar="NAME=NUMBER", multiple=True, callback=_numbers,
    help="Change a limit of what people may cause; may be repeated. Defaults: requests=60, mails=100 and moves=60 an "
    "hour for a contact, staff-mails=1000 an hour for one of the provider's people, addresses=20 a day that a manager "
    "tries, customer-gib=20 for the files of a customer.",
)  # fmt: skip
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True,
    help="From which level on stderr tells, as JSON lines.",
)  # fmt: skip
def serve(
    database: str, files: Path | None, port: int, host: str, base_url: str | None, smtp: str | None,
    mail_from: str | None, oidc_issuer: str | None, oidc_client_id: str | None, oidc_name: str | None,
    oidc_domains: tuple[str, ...], trusted_proxies: str, connections: int,
    limits: dict[str, int], log_level: str,
) -> int:  # fmt: skip
    """Serve the portal until it is stopped; brings its database up to date first.

    The mail server's password stands in RECONCILER_PORTAL_SMTP_PASSWORD, the OpenID client's secret in
    RECONCILER_PORTAL_OIDC_SECRET, never in a flag.
    """
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    if (oidc_client_id or oidc_name or oidc_domains) and not oidc_issuer:
        raise WrongUsage("--oidc-… say how to log in at a provider, and none is named", "give --oidc-issuer as well")
    oidc = {
        "issuer": oidc_issuer, "client_id": oidc_client_id, "secret": os.environ.get(OIDC_SECRET),
        "name": oidc_name, "domains": oidc_domains,
    }  # fmt: skip
    case.serve(
        database, port, host, base_url, smtp=smtp, mail_from=mail_from, smtp_password=os.environ.get(SMTP_PASSWORD),
        proxies=trusted_proxies, log_level=log_level, files=files, oidc=oidc if oidc_issuer else None,
        connections=connections, limits=limits,
    )  # fmt: skip
    return 0


@portal.command(epilog=EPILOG)
@_DATABASE
@_FILES
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The new archive.")
def backup(database: str, files: Path | None, out: Path) -> int:
    """Write everything in the portal to one archive; servers go on meanwhile."""
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    show(case.back_up(database, files, out) + "\n")
    return 0


@portal.command(epilog=EPILOG)
@_DATABASE
@_FILES
@click.option("--from", "archive", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The archive.")
@click.option("--keep-tokens", is_flag=True, help="Let the tokens of the backup work again; by default all are ended.")
def restore(database: str, files: Path | None, archive: Path, keep_tokens: bool) -> int:
    """Bring an archive back into an empty database, SQLite or PostgreSQL; all of it, or nothing.

    Prints what no longer works: links, sign-ups and, without --keep-tokens, every token.
    """
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    show(case.restore(database, files, archive, keep_tokens=keep_tokens) + "\n")
    return 0


@portal.command(epilog=EPILOG)
@_DATABASE
@click.option("--head", metavar="HASH", help="A head that was noted before; one of the entries must have it.")
def verify(database: str, head: str | None) -> int:
    """Compare every entry of the audit feed with its hash; exit 4 when one was changed, and the message names the first.

    Without --head, a recomputed chain and missing last entries are not detected.
    """
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    if head is not None and not re.fullmatch("[0-9a-f]{64}", head):
        raise WrongUsage(
            f"--head: '{head}' is not a head", "pass the 64 hexadecimal digits that `reconciler portal verify` prints"
        )
    show(case.verify(database, head) + "\n")
    return 0


@portal.command(epilog=EPILOG)
@_DATABASE
@click.option(
    "--scope", type=click.Choice(["metrics", "read", "apply", "admin"]), required=True, help="What it may do."
)
@click.option("--name", default=None, help="How history names whoever uses it.")
@click.option(
    "--expires",
    default="90",
    show_default=True,
    metavar="DAYS|DATE",
    help="How many days it works, or the first day on which it no longer works (2027-03-31, UTC).",
)
@click.option(
    "--owner", metavar="NAME", help="Let it write only what this owner (see portal.yaml) manages; for scope apply."
)
def token(database: str, scope: str, name: str | None, expires: str, owner: str | None) -> int:
    """Print a new token, and nothing else."""
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    show(case.token(database, scope, name or f"{scope} token", expires, owner) + "\n")
    return 0


@portal.command(epilog=EPILOG)
@_DATABASE
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to say it.")
def tokens(database: str, form: str) -> int:
    """Show every token: id, scope, when it was made, ended, expires and was last used, owner, name.

    The secret is never shown. The last use is noted at most every five minutes.
    """
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    found = case.tokens(database)
    if form == "json":
        show(json.dumps({"tokens": found}, ensure_ascii=False, indent=2) + "\n")
        return 0
    heading: dict[str, str | None] = {name: name for name in _COLUMNS}
    show("".join(_line(row) for row in [heading, *found]))
    return 0


def _line(row: Mapping[str, str | None]) -> str:
    id, scope, made, ended, expires, used, owner, name = (told(row[column] or "-") for column in _COLUMNS)
    return f"{id:<24}  {scope:<7}  {made:<20}  {ended:<20}  {expires:<20}  {used:<20}  {owner:<20}  {name}\n"


@portal.command(epilog=EPILOG)
@_DATABASE
@click.argument("id")
def revoke(database: str, id: str) -> int:
    """End the token of this ID at once; `tokens` shows the ids."""
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    show(told(case.revoke(database, id)) + "\n")
    return 0


@portal.command(epilog=EPILOG)
@_DATABASE
@click.option("--name", required=True, help="What the person is called.")
@click.option("--email", required=True, metavar="ADDRESS", help="With which address the person logs in.")
@click.option(
    "--kind", type=click.Choice(["administrator", "project_manager"]), default="administrator", show_default=True
)
@click.option("--language", type=click.Choice(["en", "fr", "de"]), default="en", show_default=True)
@click.option("--base-url", metavar="URL", help="How people reach the portal [default: http://127.0.0.1:8000]")
@with_settings
def invite(
    settings: Settings, database: str, name: str, email: str, kind: str, language: str, base_url: str | None
) -> int:
    """Invite one of the provider's people: prints the activation link, and nothing else; no mail is sent.

    The same address again: a new link, and the older one opens nothing any more.
    """
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    said = {"name": name, "email": email, "kind": kind, "language": language}
    invited = case.invite(database, said, base_url)
    for remark in invited.remarks:
        warn(settings, remark)
    show(invited.link + "\n")
    return 0


@portal.command(epilog=EPILOG)
@_DATABASE
@click.option("--customers", type=click.IntRange(1, 1_000_000), help="So many invented customers …")
@click.option("--contacts-per-customer", type=click.IntRange(1, 10_000), help="… with so many people each.")
@click.option(
    "--demo-password",
    metavar="TEXT",
    help="Lets everybody active of the demo's state log in with it; never for real use.",
)
def seed(database: str, customers: int | None, contacts_per_customer: int | None, demo_password: str | None) -> int:
    """Fill an empty portal: with the demo's state, or with many invented customers."""
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed
    from reconciler.adapters.repository import Repository  # noqa: PLC0415  only when it is needed
    from reconciler.cli.portal_connection import connect  # noqa: PLC0415  only when it is needed

    if (customers is None) is not (contacts_per_customer is None):
        raise WrongUsage(
            "--customers and --contacts-per-customer go together", "give both, or none for the demo's state"
        )
    done = case.seed(
        database,
        customers,
        contacts_per_customer,
        demo_password,
        open_tree=Repository,
        connect=connect,
    )
    show(done + "\n")
    return 0
