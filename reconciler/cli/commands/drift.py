"""`reconciler drift`."""

from __future__ import annotations

import click

from reconciler.cli.commands.options import page, running
from reconciler.cli.exit_codes import of_drift
from reconciler.cli.output import style_of
from reconciler.cli.settings import Settings, with_settings
from reconciler.reports.as_json import drift_json
from reconciler.reports.text import drift_text
from reconciler.usecases.plan import drift as compute_drift

EPILOG = """\b
Examples:
  reconciler drift
  reconciler drift --detailed-exitcode || echo somebody edited the portal
"""


@click.command(epilog=EPILOG)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="The output format.",
)
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit 2 when something was edited in the portal.",
)
@with_settings
def drift(settings: Settings, form: str, detailed_exitcode: bool) -> int:
    """Show portal edits that the files do not have, and unmanaged objects."""
    with running(settings) as (progress, budget):
        plan = compute_drift(settings.repository(), settings.reader(budget), progress.stage)
    page(drift_json(plan) if form == "json" else drift_text(plan, style_of(settings)))
    return of_drift(plan, detailed=detailed_exitcode)
