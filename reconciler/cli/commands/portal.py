"""`reconciler portal serve|token|tokens|revoke|invite|seed|backup|restore|verify`: the only
commands that know the reference portal.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import click

from reconciler.cli.commands.portal_options import DATABASE, EPILOG, FILES
from reconciler.cli.commands.portal_tokens import revoke, token, tokens
from reconciler.cli.output import show, warn
from reconciler.cli.settings import Settings, with_settings
from reconciler.model.errors import WrongUsage

SMTP_PASSWORD: Final = "RECONCILER_PORTAL_SMTP_PASSWORD"  # noqa: S105  the variable's name
OIDC_SECRET: Final = "RECONCILER_PORTAL_OIDC_SECRET"  # noqa: S105  the same
_LIMIT: Final = re.compile(r"([a-z-]+)=([1-9][0-9]{0,8})")


def _numbers(
    _context: click.Context, _option: click.Parameter, texts: tuple[str, ...]
) -> dict[str, int]:
    """Return the limits by name. The portal checks the names."""
    matches = [(text, _LIMIT.fullmatch(text)) for text in texts]
    if wrong := [text for text, match in matches if match is None]:
        raise WrongUsage(
            f"--limit: '{wrong[0]}' is not NAME=NUMBER with a number of at least 1",
            "write for example --limit mails=200",
        )
    return {match[1]: int(match[2]) for _, match in matches if match}


@click.group(epilog=EPILOG)
def portal() -> None:
    """Serve the reference portal, create tokens for it, fill it, back it up."""


for _command in (token, tokens, revoke):
    portal.add_command(_command)


@portal.command(epilog=EPILOG)
@DATABASE
@FILES
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The interface to listen on."
)
@click.option(
    "--base-url", metavar="URL", help="The portal's public URL (https); mails contain it."
)
@click.option(
    "--smtp", metavar="URL", help="The mail server: smtp://[USER@]HOST[:PORT] or smtps://…"
)
@click.option("--mail-from", metavar="ADDRESS", help="The sender address of mails.")
@click.option("--oidc-issuer", metavar="URL", help="The OpenID provider for logins.")
@click.option(
    "--oidc-client-id", metavar="ID", help="The portal's client ID at the provider."
)
@click.option(
    "--oidc-name", metavar="TEXT", help="The provider's name on the login button."
)
@click.option(
    "--oidc-domain",
    "oidc_domains",
    metavar="DOMAIN",
    multiple=True,
    help="Trust the provider only for addresses in this domain; repeatable.",
)
@click.option(
    "--trusted-proxies",
    metavar="ADDRESSES",
    default="127.0.0.1",
    show_default=True,
    help="Proxies whose X-Forwarded-For is trusted.",
)
@click.option(
    "--connections",
    type=click.IntRange(1, 100_000),
    default=400,
    show_default=True,
    help="The maximum number of parallel connections; others get 503.",
)
@click.option(
    "--limit",
    "limits",
    metavar="NAME=NUMBER",
    multiple=True,
    callback=_numbers,
    help="Change a usage limit; repeatable. Defaults: requests=60, mails=100 and moves=60 an "
    "hour for a contact, staff-mails=1000 an hour for an employee of the provider, addresses=20 "
    "a day for a manager's "
    "attempts, customer-gib=20 for the files of a customer.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="The minimum level of log lines (JSON, on stderr).",
)
def serve(
    database: str,
    files: Path | None,
    port: int,
    host: str,
    base_url: str | None,
    smtp: str | None,
    mail_from: str | None,
    oidc_issuer: str | None,
    oidc_client_id: str | None,
    oidc_name: str | None,
    oidc_domains: tuple[str, ...],
    trusted_proxies: str,
    connections: int,
    limits: dict[str, int],
    log_level: str,
) -> int:
    """Serve the portal until it is stopped; updates its database first.

    The mail server's password is read from RECONCILER_PORTAL_SMTP_PASSWORD, the OpenID client's
    secret from RECONCILER_PORTAL_OIDC_SECRET, never from a flag.
    """
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    if (oidc_client_id or oidc_name or oidc_domains) and not oidc_issuer:
        raise WrongUsage("--oidc-… options need a provider", "pass --oidc-issuer as well")
    oidc = {
        "issuer": oidc_issuer,
        "client_id": oidc_client_id,
        "secret": os.environ.get(OIDC_SECRET),
        "name": oidc_name,
        "domains": oidc_domains,
    }
    case.serve(
        database,
        port,
        host,
        base_url,
        smtp=smtp,
        mail_from=mail_from,
        smtp_password=os.environ.get(SMTP_PASSWORD),
        proxies=trusted_proxies,
        log_level=log_level,
        files=files,
        oidc=oidc if oidc_issuer else None,
        connections=connections,
        limits=limits,
    )
    return 0


@portal.command(epilog=EPILOG)
@DATABASE
@FILES
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The new archive.",
)
def backup(database: str, files: Path | None, out: Path) -> int:
    """Write everything in the portal to one archive; servers keep running."""
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    show(case.back_up(database, files, out) + "\n")
    return 0


@portal.command(epilog=EPILOG)
@DATABASE
@FILES
@click.option(
    "--from",
    "archive",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The archive.",
)
@click.option(
    "--keep-tokens",
    is_flag=True,
    help="Keep the backup's tokens valid; by default all are ended.",
)
def restore(database: str, files: Path | None, archive: Path, keep_tokens: bool) -> int:
    """Restore an archive into an empty database, SQLite or PostgreSQL; completely, or not at all.

    Prints what no longer works: links, sign-ups and, without --keep-tokens, every token.
    """
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    show(case.restore(database, files, archive, keep_tokens=keep_tokens) + "\n")
    return 0


@portal.command(epilog=EPILOG)
@DATABASE
@click.option(
    "--head",
    metavar="HASH",
    help="A head recorded earlier; one of the entries must have it.",
)
def verify(database: str, head: str | None) -> int:
    """Compare every entry of the audit feed with its hash; exits with 4 and names the first changed
    entry.

    Without --head, a recomputed chain and missing last entries are not detected.
    """
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    if head is not None and not re.fullmatch("[0-9a-f]{64}", head):
        raise WrongUsage(
            f"--head: '{head}' is not a head",
            "pass the 64 hexadecimal digits that `reconciler portal verify` prints",
        )
    show(case.verify(database, head) + "\n")
    return 0


@portal.command(epilog=EPILOG)
@DATABASE
@click.option("--name", required=True, help="The person's name.")
@click.option(
    "--email",
    required=True,
    metavar="ADDRESS",
    help="The address that the person logs in with.",
)
@click.option(
    "--kind",
    type=click.Choice(["administrator", "project_manager"]),
    default="administrator",
    show_default=True,
)
@click.option(
    "--language", type=click.Choice(["en", "fr", "de"]), default="en", show_default=True
)
@click.option(
    "--base-url",
    metavar="URL",
    help="The portal's public URL [default: http://127.0.0.1:8000]",
)
@with_settings
def invite(
    settings: Settings,
    database: str,
    name: str,
    email: str,
    kind: str,
    language: str,
    base_url: str | None,
) -> int:
    """Invite an employee of the provider: prints the activation link, and nothing else; sends no
    mail.

    A second invitation of the same address creates a new link; the older one no longer works.
    """
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    person = {"name": name, "email": email, "kind": kind, "language": language}
    invitation = case.invite(database, person, base_url)
    for remark in invitation.remarks:
        warn(settings, remark)
    show(invitation.link + "\n")
    return 0


@portal.command(epilog=EPILOG)
@DATABASE
@click.option(
    "--customers",
    type=click.IntRange(1, 1_000_000),
    help="The number of generated customers …",
)
@click.option(
    "--contacts-per-customer",
    type=click.IntRange(1, 10_000),
    help="… with this number of people each.",
)
@click.option(
    "--demo-password",
    metavar="TEXT",
    help="A password for all active people of the demo's state; never for real use.",
)
def seed(
    database: str,
    customers: int | None,
    contacts_per_customer: int | None,
    demo_password: str | None,
) -> int:
    """Fill an empty portal with the demo's state, or with many generated customers."""
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed
    from reconciler.adapters.repository import Repository  # noqa: PLC0415  only when it is needed
    from reconciler.cli.portal_connection import connect  # noqa: PLC0415  only when it is needed

    if (customers is None) is not (contacts_per_customer is None):
        raise WrongUsage(
            "--customers and --contacts-per-customer go together",
            "pass both, or neither for the demo's state",
        )
    summary = case.seed(
        database,
        customers,
        contacts_per_customer,
        demo_password,
        open_tree=Repository,
        connect=connect,
    )
    show(summary + "\n")
    return 0
