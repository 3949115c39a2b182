"""`reconciler portal serve|token|tokens|revoke|invite|seed|backup|restore|verify`: the only
commands that know the reference portal.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import click

from reconciler.cli.commands.portal_archives import backup, restore, verify
from reconciler.cli.commands.portal_options import (
    DATABASE,
    EPILOG,
    FILES,
    OPENING,
    examples,
    telling,
)
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


for _command in (token, tokens, revoke, backup, restore, verify):
    portal.add_command(_command)


@portal.command(
    epilog=examples(
        "serve",
        "serve --database sqlite:///portal.sqlite --port 8000",
        "serve --database postgresql:///portal --files files --base-url https://portal.example",
    )
)
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


@portal.command(
    epilog=examples(
        'invite --name "Ada Quist" --email ada@provider.example',
        'invite --name "Lee Ward" --email lee@provider.example --kind project_manager',
    )
)
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
    with telling(OPENING):
        invitation = case.invite(database, person, base_url)
    for remark in invitation.remarks:
        warn(settings, remark)
    show(invitation.link + "\n")
    return 0


@portal.command(
    epilog=examples(
        "seed",
        "seed --database sqlite:///large.sqlite --customers 1000 --contacts-per-customer 10",
    )
)
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
    with telling("filling the database"):
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
