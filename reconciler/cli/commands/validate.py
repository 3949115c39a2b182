"""`reconciler validate`."""

from __future__ import annotations

import click

from reconciler.cli.commands.progress import Progress
from reconciler.cli.exit_codes import DONE, INVALID
from reconciler.cli.output import show, style_of
from reconciler.cli.settings import Settings, with_settings
from reconciler.model.problems import Severity
from reconciler.reports.problems import problems_json, problems_text
from reconciler.usecases.validate import validate as validate_files

EPILOG = """\b
Examples:
  reconciler validate
  reconciler validate --root ../book --strict
  reconciler validate --format json | jq '.problems[].message'
"""


@click.command(epilog=EPILOG)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="The output format.",
)
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@with_settings
def validate(settings: Settings, form: str, strict: bool) -> int:
    """Validate all files; needs no network. Exits with 3 when a file is invalid."""
    with Progress(settings) as progress:
        reading = validate_files(settings.repository(), progress.stage)
    if form == "json":
        show(problems_json(reading.problems, reading.counts))
    else:
        show(problems_text(reading.problems, reading.counts, style_of(settings)))
    failing = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return (
        INVALID
        if any(problem.severity in failing for problem in reading.problems)
        else DONE
    )
