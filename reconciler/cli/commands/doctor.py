"""`reconciler doctor`."""

from __future__ import annotations

import os
from collections.abc import Iterable

import click

from reconciler.cli.commands.progress import Progress
from reconciler.cli.exit_codes import DONE, of_error
from reconciler.cli.output import show, style_of
from reconciler.cli.settings import Settings, with_settings
from reconciler.reports.formatting import escape
from reconciler.reports.style import Style, Tone
from reconciler.usecases.doctor import CheckResult, examine

EPILOG = """\b
Examples:
  reconciler doctor
"""


@click.command(epilog=EPILOG)
@with_settings
def doctor(settings: Settings) -> int:
    """Check the folder, git, the files, the portal and the token.

    Exits with the code of the error that `reconciler plan` would end with now. A warning, such as a
    token that expires within a week, exits with 0.
    """
    with Progress(settings) as progress:
        budget = settings.budget(progress)
        results = examine(
            settings.repository, lambda: settings.reader(budget), os.environ, progress.stage
        )
        return _show(results, style_of(settings))


def _show(results: Iterable[CheckResult], style: Style) -> int:
    """Show each result as soon as it is known, and return the exit code of the first error."""
    code = DONE
    for result in results:
        bad = (
            style.paint(Tone.ALARM, "FAIL")
            if result.error
            else style.paint(Tone.CHANGE, "WARN")
        )
        mark = style.paint(Tone.ADD, "ok  ") if result.is_ok else bad
        show(f"{mark} {result.subject:<10} {escape(result.message)}\n")
        if result.hint and not result.is_ok:
            show(f"     hint: {escape(result.hint)}\n")
        if result.error and code == DONE:
            code = of_error(result.error)
    return code
