"""How far a run has come: one line on a terminal that rewrites itself, nothing elsewhere."""

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
    Phase.LEASING: "taking the lease", Phase.PLANNING: "planning again", Phase.WRITING: "carrying out",
    Phase.RETURNING: "giving the lease back", Phase.LOOKING_BACK: "looking at what is left", Phase.OVER: "done",
}  # fmt: skip


class Progress:
    """Shows a run's state while it changes."""

    def __init__(self, settings: Settings) -> None:
        self._shown = sys.stderr.isatty() and not settings.quiet
        self._bar: Bar | None = None

    def begin(self) -> None:
        """From now on there is something to show."""
        if self._shown:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._bar.add_task(_WORDS[Phase.LEASING], total=None)

    def tell(self, state: State) -> None:
        """The run moved on."""
        if self._bar is not None:
            task = self._bar.task_ids[0]
            done = len(state.fates)
            self._bar.update(task, description=_WORDS[state.phase], total=len(state.groups) or None, completed=done)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()
