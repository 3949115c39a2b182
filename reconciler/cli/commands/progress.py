"""The progress of a run: one line on a terminal that rewrites itself, nothing elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from reconciler.usecases.steps import Phase, State

if TYPE_CHECKING:
    from reconciler.cli.settings import Settings

_WORDS = {
    Phase.LEASING: "taking the lease",
    Phase.PLANNING: "planning again",
    Phase.WRITING: "applying",
    Phase.RETURNING: "releasing the lease",
    Phase.LOOKING_BACK: "making the final plan",
    Phase.WAITING: "waiting for other shards",
    Phase.OVER: "done",
}


class Progress:
    """Shows a run's state while it changes."""

    def __init__(self, settings: Settings) -> None:
        self._is_shown = sys.stderr.isatty() and not settings.quiet
        self._bar: Bar | None = None

    def begin(self) -> None:
        """Start the progress bar, if one is shown."""
        if self._is_shown:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._bar.add_task(_WORDS[Phase.LEASING], total=None)

    def update(self, state: State) -> None:
        """Show the run's new state."""
        if self._bar is not None:
            task = self._bar.task_ids[0]
            finished_count = len(state.outcomes)
            self._bar.update(
                task,
                description=_WORDS[state.phase],
                total=len(state.groups) or None,
                completed=finished_count,
            )

    def close(self) -> None:
        """Remove the progress bar from the terminal."""
        if self._bar is not None:
            self._bar.stop()
