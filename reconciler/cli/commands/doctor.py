"""`reconciler doctor`."""

from __future__ import annotations

import os

import click

from reconciler.cli.exit_codes import DONE, UNREACHABLE
from reconciler.cli.output import show, style_of
from reconciler.cli.settings import Settings, with_settings
from reconciler.reports.formatting import escape
from reconciler.reports.style import Tone
from reconciler.usecases.doctor import examine

EPILOG = """\b
Examples:
  reconciler doctor
"""


@click.command(epilog=EPILOG)
@with_settings
def doctor(settings: Settings) -> int:
    """Check the folder, git, the files, the portal and the token.

    Exits with 6 when a required check fails. A warning, such as a token that expires within a week,
    exits with 0.
    """
    style, all_ok = style_of(settings), True
    for result in examine(settings.repository, settings.reader, os.environ):
        bad = (
            style.paint(Tone.ALARM, "FAIL")
            if result.is_required
            else style.paint(Tone.CHANGE, "WARN")
        )
        mark = style.paint(Tone.ADD, "ok  ") if result.is_ok else bad
        show(f"{mark} {result.subject:<10} {escape(result.message)}\n")
        if result.hint and not result.is_ok:
            show(f"     hint: {escape(result.hint)}\n")
        all_ok = all_ok and (result.is_ok or not result.is_required)
    return DONE if all_ok else UNREACHABLE
