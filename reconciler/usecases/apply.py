"""`reconciler apply`: make it so. The driver of the step machine, with a thread for every request.

Requests run in daemon threads: after a signal nobody waits for an answer that does not come.
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
from reconciler.model.outcome import Fate, Outcome
from reconciler.model.plan import Expects, Group, Permissions, Plan, Review, RunScope, review_of
from reconciler.model.portal import Lease, RunMark
from reconciler.planning import applied_policy, make_plan, narrow_plan, policy_in_force
from reconciler.usecases import steps
from reconciler.usecases.batches import batches
from reconciler.usecases.checkout import Folder, look
from reconciler.usecases.ports import BatchWriter, FileTree, StateReader

TTL_S: Final = 60.0
GRACE_S: Final = 3.0
RETURN_S: Final = 1.5
RUN_S: Final = 30 * 60.0
_TICK_S: Final = 0.1
_STALE: Final = frozenset({409, 410, 412})


_Answers: TypeAlias = "queue.Queue[tuple[steps.Request, steps.Answer | None]]"


@dataclass(frozen=True, slots=True)
class Wish:
    """The options of an apply.

    `reviewed`: what the reviewed plans allow, None when no review is asked for. `wait_s`: how long
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
class Voice:
    """The callbacks by which a run speaks with its caller.

    `agree`: shown the plan, whether to go on. `tell`: a group met its fate. `signal`: the number of
    the signal that came, if one did.
    """

    agree: Callable[[Plan], bool]
    tell: Callable[[steps.State], None]
    signal: Callable[[], int | None]


def apply(files: FileTree, reader: StateReader, writer: BatchWriter, wish: Wish, voice: Voice) -> Outcome:
    """Carry out what the files of a folder demand; what came of it.

    Refused when the files differ from the last commit: what is applied must be what others can see.
    """
    folder = look(files)
    if folder.tree.dirty and folder.tree.commit and not wish.allow_dirty:
        some = ", ".join(folder.tree.dirty[:3]) + (" …" if len(folder.tree.dirty) > 3 else "")
        raise Refused(f"the files differ from the last commit: {some}; nothing was changed", "commit, or --allow-dirty")
    return carry_out(folder, reader, writer, wish, voice)


def carry_out(folder: Folder, reader: StateReader, writer: BatchWriter, wish: Wish, voice: Voice) -> Outcome:
    """Make the portal match the folder. Nothing is written that was not shown and agreed to."""
    crew = _Crew(folder, reader, writer, wish)
    plan = crew.plan()
    crew.displayed = review_of(plan)
    state, requests = steps.begin(plan, crew.scope, wish.parallelism)
    if requests and not voice.agree(narrow_plan(plan, crew.scope)):
        return Outcome(wish.run, left=plan, declined=True, head=crew.head)
    state = _drive(state, requests, crew, voice)
    if state.failure is not None and state.signal is None:
        raise state.failure
    # without a last look what was written is not in the head
    return replace(state.outcome(wish.run), head=crew.head if state.left is not None else "")


def _drive(state: steps.State, requests: tuple[steps.Request, ...], crew: _Crew, voice: Voice) -> steps.State:
    """Do what the machine asks for until it asks for nothing more."""
    answers: _Answers = queue.Queue()
    under_way: list[steps.Request] = []
    end = time.monotonic() + RUN_S
    while True:
        for request in requests:
            under_way.append(request)
            threading.Thread(target=_answer, args=(request, crew, answers), daemon=True).start()
        if steps.GiveBack() in requests:
            end = max(end, time.monotonic() + RETURN_S)
        if not under_way:
            return state
        requests = ()
        for request, answer in _next(answers, under_way, end):
            if answer is None:
                raise AssertionError(f"a thread crashed on {request}; its traceback stands above")
            if request in under_way:
                under_way.remove(request)
                state, requests = steps.answered(state, request, answer)
                voice.tell(state)
        number = voice.signal()
        if number is not None and state.signal is None:
            state, end = steps.interrupted(state, number), time.monotonic() + GRACE_S


def _answer(request: steps.Request, crew: _Crew, answers: _Answers) -> None:
    """Put the answer into the queue; None when a bug ends the thread, so that the run ends as well."""
    answer = None
    try:
        answer = crew.do(request)
    finally:
        answers.put((request, answer))


def _next(
    answers: _Answers, under_way: list[steps.Request], end: float
) -> Iterator[tuple[steps.Request, steps.Answer | None]]:
    """The next answer, if there is one; after the deadline, giving up on the oldest request."""
    try:
        yield answers.get(timeout=_TICK_S)
    except queue.Empty:
        if time.monotonic() < end:
            return
        late = "no answer came before the run ended"
        if isinstance(under_way[0], steps.CarryOut):
            yield under_way[0], steps.Met(Fate.UNKNOWN, late, stop=True)
        else:
            yield under_way[0], steps.Failed(Unreachable(late))


class _Crew:
    """Does single requests of the machine against the world."""

    def __init__(self, folder: Folder, reader: StateReader, writer: BatchWriter, wish: Wish) -> None:
        self.folder, self.reader, self.writer, self.wish = folder, reader, writer, wish
        self.mark = RunMark(folder.desired.owner, wish.run, folder.tree.commit)
        self.scope = RunScope(wish.customers, wish.shard, wish.reviewed)
        self.displayed: Review | None = None
        self.lease: Lease | None = None
        self.groups: tuple[Group, ...] = ()
        self.versions: dict[str, int] = {}
        self.head = ""
        self._returned = threading.Event()

    def plan(self) -> Plan:
        """The plan of the folder against the portal as it is now, for this run."""
        live = self.reader.live_state()
        self.folder.knows(self.wish.customers, live)
        for review in self.wish.reviewed or ():
            if (review.portal, review.epoch) != (live.portal, live.epoch):
                raise Stale("a reviewed plan is of another portal, or of this one before it was restored", "plan again")
        policy = policy_in_force(self.folder.desired.policy, applied_policy(live))
        if self.wish.reviewed is None and policy.unreviewed == "hold":
            self.scope = replace(self.scope, reviewed=())
        return self._planned(live, self.wish.permissions, replace(self.scope, displayed=self.displayed))

    def plan_finally(self) -> Plan:
        """The plan at the end: the numbers that were allowed are not measured against the rest."""
        given = self.wish.permissions
        live = self.reader.live_state()
        plan = self._planned(live, Permissions(allow_rollback=given.allow_rollback), self.scope)
        return steps.looked_back(plan, given)

    def _planned(self, live: LiveState, permissions: Permissions, scope: RunScope) -> Plan:
        self.head = live.head
        facts = replace(self.folder.facts(live, permissions), run=scope)
        return make_plan(self.folder.desired, live, facts)

    def do(self, request: steps.Request) -> steps.Answer:
        """The answer to a request; every failure of the world is an answer too."""
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
            case steps.CarryOut(index):
                return self._carry_out(self.groups[index])
            case steps.GiveBack():
                self._returned.set()
                if self.lease:
                    self.writer.give_back(self.lease)
                return steps.Done()
        assert_never(request)

    def _take(self, scopes: tuple[str, ...]) -> Lease:
        until = time.monotonic() + self.wish.wait_s
        while True:
            try:
                return self.writer.take_lease(scopes, TTL_S, self.wish.holder, self.wish.run)
            except LeaseHeld as held:
                left = until - time.monotonic()
                if not left > 0:  # also for a wait that is no number
                    raise
                time.sleep(min(left, max(0.2, min(held.expires_in_s, 2.0))))

    def _keep(self) -> None:
        """Renew the lease until it is given back; when it is lost, the server refuses every batch anyway."""
        while not self._returned.wait(TTL_S / 3) and self.lease:
            try:
                self.writer.renew(self.lease, TTL_S)
            except LeaseLost:
                return
            except ReconcilerError:
                continue

    def _carry_out(self, group: Group) -> steps.Met:
        if self.lease is None:
            return steps.Met(Fate.NOT_TRIED, "there is no lease", stop=True)
        revision, done = None, 0
        for piece in batches(group.changes):
            try:
                committed = self.writer.carry_out(self._current(piece), self.lease, self.mark, self._expected(group))
            except ReconcilerError as error:
                return _fate(error, done)
            revision = committed.revision
            self.versions.update(committed.versions)
            done += len(piece)
        return steps.Met(Fate.APPLIED, revision=revision)

    def _current(self, changes: Sequence[Change]) -> list[Change]:
        """The changes with the versions that this run's earlier batches left behind."""
        return [
            replace(change, target=replace(change.target, version=self.versions[change.target.id]))
            if change.target.id in self.versions
            else change
            for change in changes
        ]

    def _expected(self, group: Group) -> Expects:
        rows = tuple((kind, id, self.versions.get(id, version)) for kind, id, version in group.expects.rows)
        return replace(group.expects, rows=rows)


def _fate(error: ReconcilerError, done: int) -> steps.Met:
    """The fate of a group whose batch failed, and whether to stop the others."""
    said = f"{error.message}; its first {done:,} changes are done" if done else error.message
    match error:
        case BatchRefused() if error.status in _STALE and not done:
            return steps.Met(Fate.STALE, f"{said} [{error.problem}]")
        case BatchRefused():
            return steps.Met(Fate.FAILED, f"{said} [{error.problem}]")
        case LeaseLost() if not done:
            return steps.Met(Fate.STALE, said, stop=True)
        case OutcomeUnknown() | NotUnderstood():
            return steps.Met(Fate.UNKNOWN, said)
        case _:
            return steps.Met(Fate.FAILED, said, stop=True)
