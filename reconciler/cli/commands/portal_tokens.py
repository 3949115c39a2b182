"""`reconciler portal token`, `tokens` and `revoke`: create, list and end tokens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import click

from reconciler.cli.commands.portal_options import DATABASE, OPENING, examples, telling
from reconciler.cli.output import show
from reconciler.reports.formatting import escape

# The names of the JSON fields, which scripts read.
_COLUMNS: Final = ("id", "scope", "made", "ended", "expires", "used", "owner", "name")


@click.command(
    epilog=examples(
        "token --scope apply",
        "token --scope read --name ci-plan --expires 30",
        "token --scope apply --owner acme-translations --expires 2027-03-31",
    )
)
@DATABASE
@click.option(
    "--scope",
    type=click.Choice(["metrics", "read", "apply", "admin"]),
    required=True,
    help="What the token may do.",
)
@click.option(
    "--name", default=None, help="The name in the history for changes with this token."
)
@click.option(
    "--expires",
    default="90",
    show_default=True,
    metavar="DAYS|DATE",
    help="The number of days it is valid, or the first day on which it is not (2027-03-31, UTC).",
)
@click.option(
    "--owner",
    metavar="NAME",
    help="Restrict writes to objects of this owner (see portal.yaml); for scope apply.",
)
def token(
    database: str, scope: str, name: str | None, expires: str, owner: str | None
) -> int:
    """Print a new token, and nothing else."""
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    with telling(OPENING):
        secret = case.token(database, scope, name or f"{scope} token", expires, owner)
    show(secret + "\n")
    return 0


@click.command(
    epilog=examples(
        "tokens",
        "tokens --format json",
    )
)
@DATABASE
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="The output format.",
)
def tokens(database: str, form: str) -> int:
    """Show every token: id, scope, times of creation, end, expiry and last use, owner, name.

    The secret is never shown. The last use is recorded at most every five minutes.
    """
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    with telling(OPENING):
        rows = case.tokens(database)
    if form == "json":
        show(json.dumps({"tokens": rows}, ensure_ascii=False, indent=2) + "\n")
        return 0
    heading: dict[str, str | None] = {name: name for name in _COLUMNS}
    show("".join(_line(row) for row in [heading, *rows]))
    return 0


def _line(row: Mapping[str, str | None]) -> str:
    id, scope, created, end, expires, last_use, owner, name = (
        escape(row[column] or "-") for column in _COLUMNS
    )
    return (
        f"{id:<24}  {scope:<7}  {created:<20}  {end:<20}  {expires:<20}  {last_use:<20}  "
        f"{owner:<20}  {name}\n"
    )


@click.command(
    epilog=examples(
        "tokens                             shows the ids",
        "revoke tok_0123456789abcdef0123",
    )
)
@DATABASE
@click.argument("id")
def revoke(database: str, id: str) -> int:
    """End the token with this ID at once; `tokens` shows the IDs."""
    import reconciler.usecases.portal as case  # noqa: PLC0415  the extra may not be installed

    with telling(OPENING):
        report = case.revoke(database, id)
    show(escape(report) + "\n")
    return 0
