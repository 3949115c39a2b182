"""`reconciler apply`: the driver of the step machine, with one thread per request.

Requests run in daemon threads, so that after a signal the process does not wait for missing
answers.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias, assert_never

from reconciler.model.changes import Change
from reconciler.model.errors import (
    BatchRefused,
    LeaseHeld,
    LeaseLost,
    NotUnderstood,
    OutcomeUnknown,
    ReconcilerError,
    Refused,
    Stale,
    Unreachable,
)
from reconciler.model.live import LiveState
from reconciler.model.outcome import GroupStatus, Outcome
from reconciler.model.plan import (
    Expects,
    Group,
    Permissions,
    Plan,
    Review,
    RunScope,
    review_of,
)
from reconciler.model.portal import Lease, RunMark
from reconciler.planning import applied_policy, make_plan, narrow_plan, policy_in_force
from reconciler.usecases import steps
from reconciler.usecases.batches import batches
from reconciler.usecases.checkout import Folder, check_out
from reconciler.usecases.ports import BatchWriter, FileTree, StateReader

TTL_S: Final = 60.0
GRACE_S: Final = 3.0
RETURN_S: Final = 1.5
RUN_S: Final = 30 * 60.0
_TICK_S: Final = 0.1
_STALE: Final = frozenset({409, 410, 412})


_Answers: TypeAlias = "queue.Queue[tuple[steps.Request, steps.Answer | None]]"


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


@dataclass(frozen=True, slots=True)
class Callbacks:
    """The callbacks of a run.

    `agree`: shows the plan and returns whether to continue. `report`: a group finished. `signal`:
    returns the number of the received signal, None without one.
    """

    agree: Callable[[Plan], bool]
    report: Callable[[steps.State], None]
    signal: Callable[[], int | None]


def apply(
    files: FileTree,
    reader: StateReader,
    writer: BatchWriter,
    options: ApplyOptions,
    callbacks: Callbacks,
) -> Outcome:
    """Apply the files of a folder to the portal and return the outcome.

    Refused when the files differ from the last commit: only committed, visible files may be
    applied.
    """
    folder = check_out(files)
    if folder.tree.dirty and folder.tree.commit and not options.allow_dirty:
        paths = ", ".join(folder.tree.dirty[:3]) + (
            " …" if len(folder.tree.dirty) > 3 else ""
        )
        raise Refused(
            f"the files differ from the last commit: {paths}; nothing was changed",
            "commit the changes, or pass --allow-dirty",
        )
    return apply_folder(folder, reader, writer, options, callbacks)


def apply_folder(
    folder: Folder,
    reader: StateReader,
    writer: BatchWriter,
    options: ApplyOptions,
    callbacks: Callbacks,
) -> Outcome:
    """Make the portal match the folder. Only changes that were shown and confirmed are written."""
    driver = _Driver(folder, reader, writer, options)
    plan = driver.plan()
    driver.displayed = review_of(plan)
    state, requests = steps.begin(plan, driver.scope, options.parallelism)
    if requests and not callbacks.agree(narrow_plan(plan, driver.scope)):
        return Outcome(options.run, final_plan=plan, declined=True, head=driver.head)
    state = _drive(state, requests, driver, callbacks)
    if state.failure is not None and state.signal is None:
        raise state.failure
    # without the final plan, the head does not include what this run wrote
    return replace(
        state.outcome(options.run), head=driver.head if state.final_plan is not None else ""
    )


def _drive(
    state: steps.State,
    requests: tuple[steps.Request, ...],
    driver: _Driver,
    callbacks: Callbacks,
) -> steps.State:
    """Execute the machine's requests until it returns no more."""
    answers: _Answers = queue.Queue()
    under_way: list[steps.Request] = []
    end = time.monotonic() + RUN_S
    while True:
        for request in requests:
            under_way.append(request)
            threading.Thread(
                target=_answer, args=(request, driver, answers), daemon=True
            ).start()
        if steps.GiveBack() in requests:
            end = max(end, time.monotonic() + RETURN_S)
        if not under_way:
            return state
        requests = ()
        for request, answer in _next(answers, under_way, end):
            if answer is None:
                raise AssertionError(
                    f"a thread crashed on {request}; see its traceback above"
                )
            if request in under_way:
                under_way.remove(request)
                state, requests = steps.after_answer(state, request, answer)
                callbacks.report(state)
        number = callbacks.signal()
        if number is not None and state.signal is None:
            state, end = steps.after_signal(state, number), time.monotonic() + GRACE_S


def _answer(request: steps.Request, driver: _Driver, answers: _Answers) -> None:
    """Put the answer into the queue; None when a bug ends the thread, so that the run ends as
    well.
    """
    answer = None
    try:
        answer = driver.do(request)
    finally:
        answers.put((request, answer))


def _next(
    answers: _Answers, under_way: list[steps.Request], end: float
) -> Iterator[tuple[steps.Request, steps.Answer | None]]:
    """Yield the next answer, if any; after the deadline, give up on the oldest request."""
    try:
        yield answers.get(timeout=_TICK_S)
    except queue.Empty:
        if time.monotonic() < end:
            return
        late = "no answer arrived before the run ended"
        if isinstance(under_way[0], steps.ApplyGroup):
            yield under_way[0], steps.Finished(GroupStatus.UNKNOWN, late, stop=True)
        else:
            yield under_way[0], steps.Failed(Unreachable(late))


class _Driver:
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
        self._lease_returned = threading.Event()

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
        policy = policy_in_force(self.folder.desired.policy, applied_policy(live))
        if self.options.reviewed is None and policy.unreviewed == "hold":
            self.scope = replace(self.scope, reviewed=())
        return self._make_plan(
            live, self.options.permissions, replace(self.scope, displayed=self.displayed)
        )

    def plan_finally(self) -> Plan:
        """Return the plan at the end: permitted numbers are not compared with what is left."""
        permissions = self.options.permissions
        live = self.reader.live_state()
        plan = self._make_plan(
            live, Permissions(allow_rollback=permissions.allow_rollback), self.scope
        )
        return steps.with_permitted_refusals_removed(plan, permissions)

    def _make_plan(
        self, live: LiveState, permissions: Permissions, scope: RunScope
    ) -> Plan:
        self.head = live.head
        facts = replace(self.folder.facts(live, permissions), run=scope)
        return make_plan(self.folder.desired, live, facts)

    def do(self, request: steps.Request) -> steps.Answer:
        """Return the answer to a request; every external failure is an answer too."""
        try:
            return self._do(request)
        except ReconcilerError as error:
            return steps.Failed(error)

    def _do(self, request: steps.Request) -> steps.Answer:
        match request:
            case steps.TakeLease(scopes):
                self.lease = self._take(scopes)
                threading.Thread(target=self._keep, daemon=True).start()
                return steps.Done()
            case steps.PlanFinally():
                return steps.Planned(self.plan_finally())
            case steps.PlanAgain():
                plan = self.plan()
                self.groups = steps.selected(plan)
                return steps.Planned(plan)
            case steps.ApplyGroup(index):
                return self._apply_group(self.groups[index])
            case steps.GiveBack():
                self._lease_returned.set()
                if self.lease:
                    self.writer.give_back(self.lease)
                return steps.Done()
        assert_never(request)

    def _take(self, scopes: tuple[str, ...]) -> Lease:
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
                time.sleep(min(remaining, max(0.2, min(error.expires_in_s, 2.0))))

    def _keep(self) -> None:
        """Renew the lease until it is released; when it is lost, the server refuses every batch
        anyway.
        """
        while not self._lease_returned.wait(TTL_S / 3) and self.lease:
            try:
                self.writer.renew(self.lease, TTL_S)
            except LeaseLost:
                return
            except ReconcilerError:
                continue

    def _apply_group(self, group: Group) -> steps.Finished:
        if self.lease is None:
            return steps.Finished(GroupStatus.NOT_TRIED, "there is no lease", stop=True)
        revision, done_count = None, 0
        for piece in batches(group.changes):
            try:
                committed = self.writer.write_batch(
                    self._current(piece),
                    self.lease,
                    self.mark,
                    self._current_expectations(group),
                )
            except ReconcilerError as error:
                return _status_of_error(error, done_count)
            revision = committed.revision
            self.versions.update(committed.versions)
            done_count += len(piece)
        return steps.Finished(GroupStatus.APPLIED, revision=revision)

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

    def _current_expectations(self, group: Group) -> Expects:
        rows = tuple(
            (kind, id, self.versions.get(id, version))
            for kind, id, version in group.expects.rows
        )
        return replace(group.expects, rows=rows)


def _status_of_error(error: ReconcilerError, done_count: int) -> steps.Finished:
    """Return the status of a group whose batch failed, and whether to stop the others."""
    detail = (
        f"{error.message}; its first {done_count:,} changes are done"
        if done_count
        else error.message
    )
    match error:
        case BatchRefused() if error.status in _STALE and not done_count:
            return steps.Finished(GroupStatus.STALE, f"{detail} [{error.problem}]")
        case BatchRefused():
            return steps.Finished(GroupStatus.FAILED, f"{detail} [{error.problem}]")
        case LeaseLost() if not done_count:
            return steps.Finished(GroupStatus.STALE, detail, stop=True)
        case OutcomeUnknown() | NotUnderstood():
            return steps.Finished(GroupStatus.UNKNOWN, detail)
        case _:
            return steps.Finished(GroupStatus.FAILED, detail, stop=True)
