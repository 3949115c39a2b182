"""`reconciler demo`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from reconciler.cli.commands.progress import Progress
from reconciler.cli.exit_codes import WRITE_FAILED
from reconciler.cli.output import show, style_of
from reconciler.cli.settings import Settings, with_settings
from reconciler.model.errors import WrongUsage
from reconciler.model.outcome import GroupStatus
from reconciler.reports.outcome import outcome_text
from reconciler.reports.problems import problems_text
from reconciler.reports.style import Style, Tone
from reconciler.reports.text import plan_text

EPILOG = """\b
Examples:
  reconciler demo                 runs the tour and removes everything afterwards
  reconciler demo --keep tour/    keeps the files and the portal's database there
"""

_NEXT_STEPS = """Next steps
  customers/README.md        how to add a person, change a role, remove somebody
  reconciler explain         every rule and its reason
  reconciler demo --keep D   the same, and keeps the files and the portal in D
  make portal                a portal that keeps running
"""


@click.command(epilog=EPILOG)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep everything in this folder.",
)
@with_settings
def demo(settings: Settings, keep: Path | None) -> int:
    """Walk through one run on a temporary portal: validate, plan, apply, plan again."""
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise WrongUsage(f"'{keep}' is not empty", "name a new folder")
    if keep is not None:
        return _tour(settings, keep)
    with tempfile.TemporaryDirectory(
        prefix="reconciler-demo-", ignore_cleanup_errors=True
    ) as folder:
        return _tour(settings, Path(folder))


def _tour(settings: Settings, folder: Path) -> int:
    from reconciler.adapters.repository import Repository  # noqa: PLC0415  only when it is needed
    from reconciler.cli.portal_connection import connect  # noqa: PLC0415  only when it is needed
    from reconciler.usecases import demo as case  # noqa: PLC0415  the extra may not be installed

    style = style_of(settings)
    headings = _Headings(style)

    def show_start(url: str, book: Path) -> None:
        progress.finish(start)
        headings.show(
            "A temporary portal",
            f"  {url} runs in this process, with earlier data, on SQLite.\n  The files: {book}\n",
        )

    tour = case.Tour(
        show_start=show_start,
        show_validation=lambda reading: headings.show(
            "reconciler validate", problems_text(reading.problems, reading.counts, style)
        ),
        show_plan=lambda plan: headings.show("reconciler plan", plan_text(plan, style)),
        show_outcome=lambda outcome: headings.show(
            "reconciler apply --yes", outcome_text(outcome, style)
        ),
        show_last_plan=lambda plan: headings.show(
            "reconciler plan, once more", plan_text(plan, style)
        ),
    )
    with Progress(settings) as progress:
        start = progress.begin("starting a temporary portal with earlier data")
        outcome = case.demo(folder, tour, Repository, connect)
    show("\n" + _NEXT_STEPS)
    return (
        WRITE_FAILED
        if outcome.of(
            GroupStatus.FAILED,
            GroupStatus.UNKNOWN,
            GroupStatus.STALE,
            GroupStatus.NOT_TRIED,
        )
        else 0
    )


class _Headings:
    """Numbers the stages."""

    def __init__(self, style: Style) -> None:
        self.style, self.count = style, 0

    def show(self, title: str, text: str) -> None:
        """Show one stage: its number, its title, its text."""
        self.count += 1
        show(
            ("\n" if self.count > 1 else "")
            + self.style.paint(Tone.STRONG, f"── {self.count}. {title} ")
            + f"\n\n{text}"
        )
