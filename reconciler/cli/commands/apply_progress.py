"""The stages of an apply, from the states of its step machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reconciler.adapters.address import Address
from reconciler.adapters.budget import Budget
from reconciler.adapters.writer import PortalWriter
from reconciler.cli.commands.progress import Progress, Stage
from reconciler.model.errors import LeaseHeld
from reconciler.model.portal import Lease
from reconciler.usecases.steps import Phase, State

_TEXTS: Final = {
    Phase.LEASING: "taking the lease",
    Phase.PLANNING: "planning again",
    Phase.WRITING: "applying",
    Phase.RETURNING: "releasing the lease",
    Phase.LOOKING_BACK: "making the final plan",
    Phase.WAITING: "waiting for other shards",
}


class ApplyProgress:
    """Shows the state of a run while it changes."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._phase = Phase.OVER
        self._stage: Stage | None = None
        # The groups that were held back before the first one was sent.
        self._skipped_count = 0

    def begin(self) -> None:
        """Show that the run begins."""
        self._enter(Phase.LEASING)

    def update(self, state: State) -> None:
        """Show the run's new state."""
        if state.phase is not self._phase:
            self._skipped_count = len(state.outcomes)
            self._enter(state.phase)
        if state.phase is Phase.WRITING and self._stage is not None:
            self._stage.total = len(state.groups) - self._skipped_count
            self._stage.count = len(state.outcomes) - self._skipped_count

    def wait_for_lease(self, error: LeaseHeld) -> None:
        """Show whose lease the run waits for."""
        if self._stage is not None:
            self._stage.text = f"{error.message}; trying again"

    def _enter(self, phase: Phase) -> None:
        if self._stage is not None:
            self._progress.finish(self._stage)
        self._phase = phase
        self._stage = None if phase is Phase.OVER else self._progress.begin(_TEXTS[phase])


class WatchedWriter(PortalWriter):
    """Writes to one portal, and shows whose lease is waited for."""

    def __init__(self, address: Address, budget: Budget, progress: ApplyProgress) -> None:
        super().__init__(address, budget)
        self._progress = progress

    def take_lease(
        self, scopes: Sequence[str], ttl_s: float, holder: str, run: str
    ) -> Lease:
        """Return a lease on all the scopes; `LeaseHeld` if another run has one of them."""
        try:
            return super().take_lease(scopes, ttl_s, holder, run)
        except LeaseHeld as error:
            self._progress.wait_for_lease(error)
            raise
