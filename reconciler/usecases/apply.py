"""`reconciler apply`: the executor of the step machine, with one thread per request.

Requests run in daemon threads, so that after a signal the process does not wait for missing
answers.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from reconciler.model.errors import (
    Refused,
    Unreachable,
)
from reconciler.model.outcome import GroupStatus, Outcome
from reconciler.model.plan import (
    Permissions,
    Plan,
    review_of,
)
from reconciler.planning import narrow_plan, permissions_left
from reconciler.usecases import run_requests, steps
from reconciler.usecases.checkout import Folder, check_out
from reconciler.usecases.ports import (
    BatchWriter,
    FileTree,
    Stage,
    StateReader,
    silent_stage,
)
from reconciler.usecases.request_executor import ApplyOptions, RequestExecutor

# SPEC part 5: after a signal, requests get 3 s, and the process is gone within 5 s.
GRACE_S: Final = 3.0
RETURN_S: Final = 1.5
RUN_S: Final = 30 * 60.0
_TICK_S: Final = 0.1

_Answers: TypeAlias = "queue.Queue[tuple[run_requests.Request, run_requests.Answer | None]]"


@dataclass(frozen=True, slots=True)
class Callbacks:
    """The callbacks of a run.

    `agree`: shows the plan and returns whether to continue. `report`: a group finished. `signal`:
    returns the number of the received signal, None without one. `stage`: shows what is done.
    """

    agree: Callable[[Plan], bool]
    report: Callable[[steps.State], None]
    signal: Callable[[], int | None]
    stage: Stage = silent_stage


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
    folder = check_out(files, callbacks.stage)
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
    executor = RequestExecutor(folder, reader, writer, options)
    with callbacks.stage("making the plan"):
        plan = executor.plan()
    # From here on, only what this plan shows may be written.
    executor.displayed = review_of(plan)
    state, requests = steps.begin(plan, executor.scope, options.parallelism)
    if requests and not callbacks.agree(narrow_plan(plan, executor.scope)):
        return Outcome(options.run, final_plan=plan, declined=True, head=executor.head)
    state = _drive(state, requests, executor, callbacks)
    if state.failure is not None and state.signal is None and not state.earlier:
        raise state.failure
    return _finish(state, executor)


def _finish(state: steps.State, executor: RequestExecutor) -> Outcome:
    """Return the outcome with what the next run needs to know."""
    outcome, options = state.outcome(executor.options.run), executor.options
    has_final_plan = state.final_plan is not None
    applied = {group.group.name for group in outcome.of(GroupStatus.APPLIED)}
    groups_left = [
        group
        for group in (executor.latest_plan.groups if executor.latest_plan else ())
        if has_final_plan or group.name not in applied
    ]
    return replace(
        outcome,
        # without the final plan, the head does not include what this run wrote
        head=executor.head if has_final_plan else "",
        # a reviewed plan holds its own number, an upper bound that stays right
        next_permissions=Permissions()
        if options.reviewed is not None
        else permissions_left(groups_left, options.permissions),
    )


def _drive(
    state: steps.State,
    requests: tuple[run_requests.Request, ...],
    executor: RequestExecutor,
    callbacks: Callbacks,
) -> steps.State:
    """Execute the machine's requests until it returns no more."""
    answers: _Answers = queue.Queue()
    pending: list[run_requests.Request] = []
    end = time.monotonic() + RUN_S
    while True:
        for request in requests:
            pending.append(request)
            threading.Thread(
                target=_answer, args=(request, executor, answers), daemon=True
            ).start()
        if run_requests.GiveBack() in requests:
            # Also after the deadline: a lease that is not released blocks other runs for a
            # minute.
            end = max(end, time.monotonic() + RETURN_S)
        if not pending:
            return state
        requests = ()
        for request, answer in _next(answers, pending, end):
            if answer is None:
                raise AssertionError(
                    f"a thread crashed on {request}; see its traceback above"
                )
            # Otherwise the run gave up on this request, and its answer comes too late to
            # count.
            if request in pending:
                pending.remove(request)
                state, requests = steps.after_answer(state, request, answer)
                callbacks.report(state)
        number = callbacks.signal()
        if number is not None and state.signal is None:
            state, end = steps.after_signal(state, number), time.monotonic() + GRACE_S


def _answer(
    request: run_requests.Request, executor: RequestExecutor, answers: _Answers
) -> None:
    """Put the answer into the queue; None when a bug ends the thread, so that the run ends as
    well.
    """
    answer = None
    try:
        answer = executor.do(request)
    finally:
        answers.put((request, answer))


def _next(
    answers: _Answers, pending: list[run_requests.Request], end: float
) -> Iterator[tuple[run_requests.Request, run_requests.Answer | None]]:
    """Yield the next answer, if any; after the deadline, give up on the oldest request."""
    try:
        yield answers.get(timeout=_TICK_S)
    except queue.Empty:
        if time.monotonic() < end:
            return
        late = "no answer arrived before the run ended"
        if isinstance(pending[0], run_requests.ApplyGroup):
            yield pending[0], run_requests.Finished(GroupStatus.UNKNOWN, late, stop=True)
        else:
            yield pending[0], run_requests.Failed(Unreachable(late))
