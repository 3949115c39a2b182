"""`reconciler plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.adapters.connection import Budget
from reconciler.cli.commands.options import (
    page,
    permissions_of,
    rare_collections,
    showing_problems,
    timed,
    with_permissions,
)
from reconciler.cli.exit_codes import of_plan
from reconciler.cli.output import style_of
from reconciler.cli.settings import Settings, with_settings
from reconciler.model.errors import WrongUsage
from reconciler.reports.as_json import plan_json
from reconciler.reports.markdown import plan_markdown
from reconciler.reports.redaction import redacted
from reconciler.reports.text import plan_text
from reconciler.usecases.plan import Wish
from reconciler.usecases.plan import plan as make_plan

EPILOG = """\b
Examples:
  reconciler plan
  reconciler plan --since origin/main --format markdown --redact
  reconciler plan --out plan.json && reconciler apply --reviewed plan.json --yes
"""


@click.command(epilog=EPILOG)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", help="How to say it."
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write the plan as JSON, for apply --reviewed."
)
@click.option("--since", metavar="REF", help="Only what the files since this commit change.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when changes are pending.")
@click.option("--customer", "customers", multiple=True, metavar="KEY", help="Only this customer; repeatable.")
@click.option("--redact", is_flag=True, help="Leave out names and shorten addresses; keys stay.")
@with_permissions
@with_settings
def plan(
    settings: Settings, form: str, out: Path | None, since: str | None, detailed_exitcode: bool,
    customers: tuple[str, ...], redact: bool, **given: Any,
) -> int:  # fmt: skip
    """Show what would happen if the files were applied now. Sends GET only."""
    budget = Budget()
    wish = Wish(customers, since, permissions_of(given))
    with rare_collections(), timed(settings, budget), showing_problems(settings):
        made = make_plan(settings.repository(), settings.reader(budget), wish)
    if out is not None:
        _write(out, plan_json(made))
    shown = redacted(made) if redact else made
    match form:
        case "json":
            page(plan_json(shown))
        case "markdown":
            page(plan_markdown(shown))
        case _:
            page(plan_text(shown, style_of(settings)))
    return of_plan(made, detailed=detailed_exitcode)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WrongUsage(f"'{path}' cannot be written: {error.strerror}", "name a file that can be") from None
