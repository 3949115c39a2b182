"""`reconciler validate`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from reconciler.cli.commands.progress import Progress
from reconciler.cli.exit_codes import DONE, INVALID
from reconciler.cli.output import say, show, style_of
from reconciler.cli.settings import Settings, with_settings
from reconciler.model.errors import WrongUsage
from reconciler.model.problems import Severity
from reconciler.reports.formatting import count_noun
from reconciler.reports.problems import problems_json, problems_text
from reconciler.usecases.validate import validate_paths

EPILOG = """\b
Examples:
  reconciler validate
  reconciler validate customers/acme-medical
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
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@with_settings
def validate(settings: Settings, form: str, strict: bool, paths: tuple[Path, ...]) -> int:
    """Validate all files; needs no network. Exits with 3 when a file is invalid.

    With a PATH, a file or a folder, shows the problems of the files there. Without customers, it
    ends as `reconciler plan` would.
    """
    repository = settings.repository()
    chosen_paths = tuple(_below(repository.root, path) for path in paths)
    with Progress(settings) as progress:
        validation = validate_paths(repository, chosen_paths, progress.stage)
    reading = validation.reading
    if form == "json":
        show(problems_json(reading.problems, reading.counts))
    else:
        show(problems_text(reading.problems, reading.counts, style_of(settings)))
    if validation.errors_elsewhere:
        count = count_noun(validation.errors_elsewhere, "error")
        say(settings, f"{count} in other files; run reconciler validate")
    if validation.refusal is not None:
        raise validation.refusal
    failing = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return (
        INVALID
        if any(problem.severity in failing for problem in reading.problems)
        else DONE
    )


def _below(root: Path, path: Path) -> str:
    """Return the path relative to the root, as problems name files; empty for the root itself."""
    # A path from a problem is relative to the root, one from the shell to the current folder.
    full_path = path if path.exists() else root / path
    relative = os.path.relpath(os.path.realpath(full_path), os.path.realpath(root))
    if relative.split(os.sep)[0] == os.pardir:
        raise WrongUsage(f"'{path}' is not below '{root}'", "pass a path below customers/")
    return "" if relative == os.curdir else Path(relative).as_posix()
