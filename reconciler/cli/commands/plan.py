"""`reconciler plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reconciler.cli.catalogs import wording_for
from reconciler.cli.commands.next_step import next_step
from reconciler.cli.commands.options import (
    CUSTOMERS,
    page,
    permissions_of,
    rare_collections,
    running,
    with_permissions,
)
from reconciler.cli.exit_codes import of_plan
from reconciler.cli.output import say, style_of
from reconciler.cli.settings import Settings, with_settings
from reconciler.model.errors import WrongUsage
from reconciler.reports.as_json import plan_json
from reconciler.reports.markdown import plan_markdown
from reconciler.reports.redaction import redact_plan
from reconciler.reports.text import plan_text
from reconciler.usecases.checkout import check_out
from reconciler.usecases.plan import PlanOptions, plan_folder

EPILOG = """\b
Examples:
  reconciler plan
  reconciler plan --since origin/main --format markdown --redact
  reconciler plan --out plan.json && reconciler apply --reviewed plan.json --yes
"""


@click.command(epilog=EPILOG)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    help="The output format.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the plan as JSON, for apply --reviewed.",
)
@click.option("--since", metavar="REF", help="Show only the changes since this commit.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when changes are pending.")
@CUSTOMERS
@click.option("--redact", is_flag=True, help="Omit names and shorten addresses; keys stay.")
@with_permissions
@with_settings
def plan(
    settings: Settings,
    form: str,
    out: Path | None,
    since: str | None,
    detailed_exitcode: bool,
    customers: tuple[str, ...],
    redact: bool,
    **flags: Any,
) -> int:
    """Show the changes that an apply would make now. Read-only."""
    options = PlanOptions(customers, since, permissions_of(flags))
    with rare_collections(), running(settings) as (progress, budget):
        files, reader = settings.repository(), settings.reader(budget)
        folder = check_out(files, progress.stage)
        full_plan = plan_folder(folder, reader, options, progress.stage)
    if out is not None:
        # Never redacted: an apply compares the plan's ids and losses, people by their keys.
        _write(out, plan_json(full_plan))
    shown_plan = redact_plan(full_plan) if redact else full_plan
    match form:
        case "json":
            page(plan_json(shown_plan))
        case "markdown":
            page(plan_markdown(shown_plan, wording_for(settings, shown_plan.language)))
        case _:
            page(plan_text(shown_plan, style_of(settings)))
            is_dirty = bool(folder.tree.dirty and folder.tree.commit)
            if step := next_step(settings, full_plan, options, out, is_dirty=is_dirty):
                say(settings, step)
    return of_plan(full_plan, detailed=detailed_exitcode)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WrongUsage(
            f"'{path}' cannot be written: {error.strerror}", "choose a writable file"
        ) from None
