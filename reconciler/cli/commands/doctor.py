"""`reconciler doctor`."""

from __future__ import annotations

import os

import click

from reconciler.cli.exit_codes import DONE
from reconciler.cli.output import show, style_of
from reconciler.cli.settings import Settings, with_settings
from reconciler.reports.formatting import told
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

    Exit 6 when a check fails that a run depends on. A warning, such as a token that expires within a week, is exit 0.
    """
    style, well = style_of(settings), True
    for finding in examine(settings.repository, settings.reader, os.environ):
        bad = style.paint(Tone.ALARM, "FAIL") if finding.stops else style.paint(Tone.CHANGE, "WARN")
        mark = style.paint(Tone.ADD, "ok  ") if finding.well else bad
        show(f"{mark} {finding.subject:<10} {told(finding.told)}\n")
        if finding.hint and not finding.well:
            show(f"     hint: {told(finding.hint)}\n")
        well = well and (finding.well or not finding.stops)
    return DONE if well else 6
