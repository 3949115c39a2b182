"""`reconciler portal serve|token|invite|seed`: starts the reference portal, and is all that knows of it."""

from __future__ import annotations

import click

from reconciler.cli.output import show
from reconciler.model.errors import WrongUsage

EPILOG = """\b
Examples:
  reconciler portal seed  --database sqlite:///portal.sqlite
  reconciler portal token --database sqlite:///portal.sqlite --scope apply
  reconciler portal serve --database sqlite:///portal.sqlite --port 8000
  reconciler portal invite --database sqlite:///portal.sqlite --name "Ada Quist" --email ada@provider.example
"""

_DATABASE = click.option(
    "--database", required=True, metavar="URL", envvar="RECONCILER_PORTAL_DATABASE", show_envvar=True,
    help="sqlite:///FILE or postgresql://…",
)  # fmt: skip


@click.group(epilog=EPILOG)
def portal() -> None:
    """Serve the reference portal, make tokens for it, fill it."""


@portal.command(epilog=EPILOG)
@_DATABASE
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="The interface to listen on.")
@click.option("--base-url", metavar="URL", help="How people reach the portal; stands in mails.")
def serve(database: str, port: int, host: str, base_url: str | None) -> int:
    """Serve the portal until it is stopped; brings its database up to date first."""
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    case.serve(database, port, host, base_url)
    return 0


@portal.command(epilog=EPILOG)
@_DATABASE
@click.option("--scope", type=click.Choice(["read", "apply", "admin"]), required=True, help="What it may do.")
@click.option("--name", default=None, help="How history names whoever uses it.")
def token(database: str, scope: str, name: str | None) -> int:
    """Print a new token, and nothing else."""
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    show(case.token(database, scope, name or f"{scope} token") + "\n")
    return 0


@portal.command(epilog=EPILOG)
@_DATABASE
@click.option("--name", required=True, help="What the person is called.")
@click.option("--email", required=True, metavar="ADDRESS", help="With which address the person logs in.")
@click.option(
    "--kind", type=click.Choice(["administrator", "project_manager"]), default="administrator", show_default=True
)
@click.option("--language", type=click.Choice(["en", "fr", "de"]), default="en", show_default=True)
@click.option(
    "--base-url", metavar="URL", default="http://127.0.0.1:8000", show_default=True, help="How people reach the portal."
)
def invite(database: str, name: str, email: str, kind: str, language: str, base_url: str) -> int:
    """Invite one of the provider's people: prints the activation link, and nothing else; no mail is sent."""
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    said = {"name": name, "email": email, "kind": kind, "language": language}
    show(case.invite(database, said, base_url) + "\n")
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

    if (customers is None) is not (contacts_per_customer is None):
        raise WrongUsage(
            "--customers and --contacts-per-customer go together", "give both, or none for the demo's state"
        )
    show(case.seed(database, customers, contacts_per_customer, demo_password) + "\n")
    return 0
