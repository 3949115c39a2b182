"""`reconciler portal serve|token|seed`: starts the reference portal, and is all that knows of it."""

from __future__ import annotations

import click

from reconciler.cli.output import show
from reconciler.model.errors import WrongUsage

EPILOG = """\b
Examples:
  reconciler portal seed  --database sqlite:///portal.sqlite
  reconciler portal token --database sqlite:///portal.sqlite --scope apply
  reconciler portal serve --database sqlite:///portal.sqlite --port 8000
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
@click.option(
    "--files", metavar="DIR", envvar="RECONCILER_PORTAL_FILES", show_envvar=True,
    help="Where files lie; without it beside a database that is a file, else in ./portal-files.",
)  # fmt: skip
def serve(database: str, port: int, host: str, base_url: str | None, files: str | None) -> int:
    """Serve the portal until it is stopped; brings its database up to date first."""
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    case.serve(database, port, host, base_url, files)
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
@click.option("--customers", type=click.IntRange(1, 1_000_000), help="So many invented customers …")
@click.option("--contacts-per-customer", type=click.IntRange(1, 10_000), help="… with so many people each.")
def seed(database: str, customers: int | None, contacts_per_customer: int | None) -> int:
    """Fill an empty portal: with the demo's state, or with many invented customers."""
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    if (customers is None) is not (contacts_per_customer is None):
        raise WrongUsage(
            "--customers and --contacts-per-customer go together", "give both, or none for the demo's state"
        )
    show(case.seed(database, customers, contacts_per_customer) + "\n")
    return 0
