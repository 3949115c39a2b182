"""The display of what a command is doing, on stderr, once that has taken a second.

A terminal shows one line that rewrites itself, with a bar; anything else gets lines.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Final

from reconciler.cli.output import say
from reconciler.usecases.ports import Item, Track

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from reconciler.adapters.budget import Exchange
    from reconciler.cli.settings import Settings

# Nobody waits longer than this without a line that says what for.
FIRST_LINE_S: Final = 1.0
NEXT_LINE_S: Final = 10.0
_TICK_S: Final = 0.1


@dataclass(slots=True, eq=False)
class Stage:
    """One thing that a command is doing; `total` is None where no number is known."""

    text: str
    total: int | None = None
    count: int = 0
    began: float = field(default_factory=time.monotonic)
    thread: int = field(default_factory=threading.get_ident)

    def track(self, items: Sequence[Item], /) -> Iterable[Item]:
        """Return the same items, and count them."""
        self.total = len(items)
        for item in items:
            yield item
            self.count += 1

    def line(self, now: float) -> str:
        """Return the stage as a line: its numbers, and the seconds that it still needs."""
        elapsed_s = now - self.began
        if not self.total and self.count:
            return f"{self.text}: {self.count:,} so far"
        if not self.total:
            waited = f" ({elapsed_s:.0f} s)" if elapsed_s >= NEXT_LINE_S else ""
            return f"{self.text}{waited}"
        rest = ""
        if self.count:
            rest_s = elapsed_s / self.count * max(0, self.total - self.count)
            rest = f", about {remaining_time(rest_s)} left"
        return f"{self.text}: {self.count:,} of {self.total:,}{rest}"


def remaining_time(seconds: float) -> str:
    """Return `40 s`, `3 min`, `2 h`: an estimate is not more exact than that."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


class Progress:
    """Shows the stages of a command; it hears of the requests to the portal as well.

    A context: the thread that watches the clock ends with it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        is_terminal = sys.stderr.isatty() and settings.log_format == "text"
        self._bar = _Bar() if is_terminal and not settings.quiet else None
        self._stages: list[Stage] = []
        self._line_times: dict[str, float] = {}
        # Stages begin and end in several threads.
        self._lock = threading.Lock()
        self._end = threading.Event()

    def __enter__(self) -> Progress:
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._end.set()
        with self._lock:
            self._stages.clear()
            self._hide()

    def begin(self, text: str, total: int | None = None) -> Stage:
        """Return a new stage, which `finish` ends."""
        stage = Stage(text, total)
        with self._lock:
            self._stages.append(stage)
        return stage

    def finish(self, stage: Stage) -> None:
        """End a stage; with the last one, the line on a terminal goes."""
        with self._lock:
            if stage in self._stages:
                self._stages.remove(stage)
            if not self._stages:
                self._hide()

    @contextmanager
    def stage(self, text: str) -> Iterator[Track]:
        """Show the text while the block runs; under -vv, its time at the end."""
        stage = self.begin(text)
        try:
            yield stage.track
        finally:
            self.finish(stage)
        if self._settings.verbose > 1:
            say(self._settings, f"{text}: {time.monotonic() - stage.began:.2f} s")

    @contextmanager
    def wait(self, text: str) -> Iterator[None]:
        """Show what a request waits for."""
        stage = self.begin(text)
        try:
            yield
        finally:
            self.finish(stage)

    def retry(self, text: str) -> None:
        """Show why the request of this thread is sent again."""
        thread = threading.get_ident()
        with self._lock:
            stages = [stage for stage in self._stages if stage.thread == thread]
            if stages:
                stages[-1].text = text

    def count(self, number: int, total: int | None) -> None:
        """Show how many rows of the answer to this thread's request have arrived."""
        thread = threading.get_ident()
        with self._lock:
            for stage in reversed(self._stages):
                if stage.thread == thread:
                    stage.count, stage.total = number, total
                    return

    def hear(self, exchange: Exchange) -> None:
        """Show a request under -vv, its headers under --debug."""
        if self._settings.verbose < 2:
            return
        say(
            self._settings,
            f"{exchange.method} {exchange.url}: {exchange.result} in {exchange.seconds:.2f} s",
        )
        if self._settings.debug:
            for sign, headers in (
                (">", exchange.request_headers),
                ("<", exchange.response_headers),
            ):
                for name, value in headers.items():
                    say(self._settings, f"  {sign} {name}: {value}")

    def _watch(self) -> None:
        while not self._end.wait(_TICK_S):
            with self._lock:
                # Not after the end: the line would stay on the terminal.
                if not self._end.is_set():
                    self._show(time.monotonic())

    def _show(self, now: float) -> None:
        # The innermost stage that has taken a second: a run of short requests shows the stage
        # that they belong to.
        slow = [stage for stage in self._stages if now - stage.began >= FIRST_LINE_S]
        if not slow:
            return
        stage = slow[-1]
        if self._bar is not None:
            self._bar.show(stage)
            return
        last = self._line_times.get(stage.text)
        if last is None or now - last >= NEXT_LINE_S:
            self._line_times[stage.text] = now
            say(self._settings, stage.line(now))

    def _hide(self) -> None:
        if self._bar is not None:
            self._bar.hide()


class _Bar:
    """The line on a terminal; imported and started only when it is needed."""

    def __init__(self) -> None:
        self._progress: RichProgress | None = None

    def show(self, stage: Stage) -> None:
        """Show the stage in place of the one before."""
        if self._progress is None:
            self._progress = _rich_progress()
            self._progress.add_task("", total=None)
            self._progress.start()
        self._progress.update(
            self._progress.task_ids[0],
            description=stage.line(time.monotonic()),
            total=stage.total,
            completed=stage.count,
        )

    def hide(self) -> None:
        """Remove the line."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _rich_progress() -> RichProgress:
    # only a command that takes a second on a terminal
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415  the same

    return Progress(
        BarColumn(bar_width=20),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True),
        transient=True,
        # The command's own output must not pass through the bar.
        redirect_stdout=False,
        redirect_stderr=False,
    )
