"""Single requests of the step machine, executed against the portal and the folder."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from reconciler.model.changes import Change
from reconciler.model.errors import (
    BatchRefused,
    LeaseHeld,
    LeaseLost,
    NotAllowed,
    NotUnderstood,
    OutcomeUnknown,
    ReconcilerError,
    Stale,
)
from reconciler.model.live import LiveState
from reconciler.model.outcome import GroupStatus
from reconciler.model.plan import (
    Expects,
    Group,
    Permissions,
    Plan,
    Review,
    RunScope,
)
from reconciler.model.portal import Lease, RunMark
from reconciler.planning import (
    applied_policy,
    make_plan,
    policy_in_force,
    with_permitted_refusals_removed,
)
from reconciler.usecases import run_requests, steps
from reconciler.usecases.batches import batches
from reconciler.usecases.checkout import Folder
from reconciler.usecases.ports import BatchWriter, StateReader

# SPEC part 5. Renewed every third of it, so that two renewals in a row may fail.
TTL_S: Final = 60.0
# Between two looks at whether another shard has finished.
_SHARD_PAUSE_S: Final = 2.0

_TOO_LARGE: Final = 413
# In conflict, gone (another epoch), a condition that does not hold: plan again.
_STALE: Final = frozenset({409, 410, 412})


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """The options of an apply.

    `reviewed`: what the reviewed plans allow, None when no review is required. `wait_s`: how long
    to wait for a lease that another run holds.
    """

    run: str
    holder: str
    permissions: Permissions = field(default_factory=Permissions)
    customers: frozenset[str] = frozenset()
    shard: tuple[int, int] | None = None
    parallelism: int = 4
    reviewed: tuple[Review, ...] | None = None
    wait_s: float = 0.0
    allow_dirty: bool = False


class RequestExecutor:
    """Executes single requests of the machine against the portal and the folder."""

    def __init__(
        self,
        folder: Folder,
        reader: StateReader,
        writer: BatchWriter,
        options: ApplyOptions,
    ) -> None:
        self.folder, self.reader, self.writer, self.options = (
            folder,
            reader,
            writer,
            options,
        )
        self.mark = RunMark(folder.desired.owner, options.run, folder.tree.commit)
        self.scope = RunScope(options.customers, options.shard, options.reviewed)
        self.displayed: Review | None = None
        self.lease: Lease | None = None
        self.groups: tuple[Group, ...] = ()
        self.versions: dict[str, int] = {}
        self.head = ""
        self.latest_plan: Plan | None = None
        self._epoch = ""
        # of every answer, from several threads; the portal counts upwards
        self._revisions: list[int] = []
        self._lease_returned = threading.Event()
        self._wait_until: float | None = None

    def plan(self) -> Plan:
        """Return the plan of the folder against the portal's current state, for this run."""
        live = self.reader.live_state()
        self.folder.require_customers(self.options.customers, live)
        for review in self.options.reviewed or ():
            if (review.portal, review.epoch) != (live.portal, live.epoch):
                raise Stale(
                    "a reviewed plan is for another portal, or for this portal before it was "
                    "restored",
                    "plan again",
                )
        policy = policy_in_force(
            self.folder.desired.policy, applied_policy(live, self.folder.desired.owner)
        )
        if self.options.reviewed is None and policy.unreviewed == "hold":
            # No review at all permits no change, unlike None, which demands none.
            self.scope = replace(self.scope, reviewed=())
        return self._make_plan(
            live, self.options.permissions, replace(self.scope, displayed=self.displayed)
        )

    def plan_finally(self) -> Plan:
        """Return the plan at the end: permitted numbers are not compared with what is left."""
        permissions = self.options.permissions
        plan = self._make_plan(self.reader.live_state(), permissions, self.scope)
        return with_permitted_refusals_removed(plan, permissions)

    def _make_plan(
        self, live: LiveState, permissions: Permissions, scope: RunScope
    ) -> Plan:
        self._require_newer(live)
        self.head = live.head
        facts = replace(self.folder.facts(live, permissions), run=scope)
        self.latest_plan = make_plan(self.folder.desired, live, facts)
        return self.latest_plan

    def _require_newer(self, live: LiveState) -> None:
        """Refuse an answer from before one that this run has seen, as from a copy that lags."""
        epoch = self._epoch or live.epoch
        if live.epoch != epoch or live.revision < max(self._revisions, default=0):
            raise Stale(
                "the portal's answer is older than an answer before it, or the portal was "
                "restored meanwhile",
                "run it again; if it happens again, ask who runs the portal",
            )
        self._epoch = epoch
        self._revisions.append(live.revision)

    def do(self, request: run_requests.Request) -> run_requests.Answer:
        """Return the answer to a request; every external failure is an answer too."""
        try:
            return self._do(request)
        except ReconcilerError as error:
            return run_requests.Failed(error)

    def _do(self, request: run_requests.Request) -> run_requests.Answer:
        match request:
            case run_requests.TakeLease(scopes):
                self.lease = self._take_lease(scopes)
                self._lease_returned = threading.Event()
                threading.Thread(
                    target=self._renew_lease,
                    args=(self.lease, self._lease_returned),
                    daemon=True,
                ).start()
                return run_requests.Done()
            case run_requests.PlanFinally():
                return run_requests.Planned(self.plan_finally())
            case run_requests.PlanAgain():
                plan = self.plan()
                self.mark = replace(self.mark, epoch=plan.epoch)
                self.groups = steps.selected(plan)
                self.versions = {}
                return run_requests.Planned(plan)
            case run_requests.ApplyGroup(index):
                return self._apply_group(self.groups[index])
            case run_requests.GiveBack():
                self._lease_returned.set()
                if self.lease:
                    self.writer.give_back(self.lease)
                return run_requests.Done()
            case run_requests.Wait():
                return self._wait_for_shards()
        assert_never(request)

    def _take_lease(self, scopes: tuple[str, ...]) -> Lease:
        until = time.monotonic() + self.options.wait_s
        while True:
            try:
                return self.writer.take_lease(
                    scopes, TTL_S, self.options.holder, self.options.run
                )
            except LeaseHeld as error:
                remaining = until - time.monotonic()
                if not remaining > 0:  # also false for NaN
                    raise
                # At most 2 s, because the other run may release its lease early.
                time.sleep(min(remaining, max(0.2, min(error.expires_in_s, 2.0))))

    def _wait_for_shards(self) -> run_requests.Answer:
        now = time.monotonic()
        if self._wait_until is None:
            self._wait_until = now + self.options.wait_s
        remaining = self._wait_until - now
        if not remaining > 0:  # also false for NaN
            return run_requests.Failed(Stale("another shard has not finished"))
        time.sleep(min(remaining, _SHARD_PAUSE_S))
        return run_requests.Done()

    def _renew_lease(self, lease: Lease, stop: threading.Event) -> None:
        """Renew the lease until it is released; when it is lost, the server refuses every batch
        anyway.
        """
        while not stop.wait(TTL_S / 3):
            try:
                self.writer.renew(lease, TTL_S)
            except LeaseLost:
                return
            except ReconcilerError:
                continue

    def _apply_group(self, group: Group) -> run_requests.Finished:
        if self.lease is None:
            return run_requests.Finished(
                GroupStatus.NOT_TRIED, "there is no lease", stop=True
            )
        revision, done_count = None, 0
        pending = batches(group)
        while pending:
            batch = pending.pop(0)
            try:
                committed = self.writer.write_batch(
                    self._current(batch.changes),
                    self.lease,
                    self.mark,
                    self._current_expectations(group, revision),
                )
            except ReconcilerError as error:
                if is_too_large(error) and (halves := batch.halves()):
                    pending[:0] = halves
                    continue
                return replace(status_of_error(error, done_count), revision=revision)
            revision = committed.revision
            self._revisions.append(revision)
            self.versions.update(committed.versions)
            done_count += len(batch.changes)
        return run_requests.Finished(GroupStatus.APPLIED, revision=revision)

    def _current(self, changes: Sequence[Change]) -> list[Change]:
        """Return the changes with the row versions that this run's earlier batches left."""
        return [
            replace(
                change,
                target=replace(change.target, version=self.versions[change.target.id]),
            )
            if change.target.id in self.versions
            else change
            for change in changes
        ]

    def _current_expectations(self, group: Group, revision: int | None) -> Expects:
        """Return the group's conditions; `revision`: of its earlier batch, which added people."""
        rows = tuple(
            (kind, id, self.versions.get(id, version))
            for kind, id, version in group.expects.rows
        )
        return replace(
            group.expects, rows=rows, revision=revision or group.expects.revision
        )


def is_too_large(error: ReconcilerError) -> bool:
    """Return whether the portal, or a proxy before it, refused a batch for its size alone."""
    return isinstance(error, BatchRefused) and error.status == _TOO_LARGE


def status_of_error(error: ReconcilerError, done_count: int) -> run_requests.Finished:
    """Return the status of a group whose batch failed, and whether to stop the others."""
    detail = error.message
    if done_count:
        first = "change is" if done_count == 1 else f"{done_count:,} changes are"
        detail += f"; its first {first} done"
    match error:
        # After a first piece something was written, so the run failed and is not merely
        # stale.
        case BatchRefused() if error.status in _STALE and not done_count:
            return run_requests.Finished(GroupStatus.STALE, f"{detail} [{error.problem}]")
        case BatchRefused():
            return run_requests.Finished(GroupStatus.FAILED, f"{detail} [{error.problem}]")
        case LeaseLost() if not done_count:
            return run_requests.Finished(GroupStatus.STALE, detail, stop=True)
        case OutcomeUnknown() | NotUnderstood():
            return run_requests.Finished(GroupStatus.UNKNOWN, detail)
        case NotAllowed():
            # a token may be bound to one owner, and other groups be that owner's
            return run_requests.Finished(GroupStatus.FAILED, detail)
        # Not reachable: every other group would fail as well.
        case _:
            return run_requests.Finished(GroupStatus.FAILED, detail, stop=True)
