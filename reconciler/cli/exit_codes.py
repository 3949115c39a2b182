"""The exit codes of the program, in one table.

Precedence: signals; 7 after any write that failed; else the first of 8 6 3 4 5 2 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from reconciler.model import errors
from reconciler.model.outcome import GroupStatus, Outcome
from reconciler.model.plan import Plan
from reconciler.model.rules import RuleId

DONE: Final = 0
PENDING: Final = 2
INVALID: Final = 3
REFUSED: Final = 4
STALE: Final = 5
UNREACHABLE: Final = 6
WRITE_FAILED: Final = 7
NOT_ALLOWED: Final = 8
# EX_USAGE of sysexits.h, because click's own 2 means that changes are pending.
WRONG_USAGE: Final = 64
# As shells report a program that a signal ended.
SIGNAL: Final = 128

_ERRORS: Final = (
    (errors.WrongUsage, WRONG_USAGE),
    (errors.FilesUnreadable, INVALID),
    (errors.Refused, REFUSED),
    (errors.Stale, STALE),
    (errors.PortalUnavailable, UNREACHABLE),
    (errors.BatchRefused, WRITE_FAILED),
    (errors.OutcomeUnknown, WRITE_FAILED),
    (errors.NotAllowed, NOT_ALLOWED),
    (errors.ResultLost, UNREACHABLE),
)
# SPEC part 6: the first of these that occurs is the exit code.
_PRECEDENCE: Final = (NOT_ALLOWED, UNREACHABLE, INVALID, REFUSED, STALE, PENDING, DONE)
_CONFLICTS: Final = frozenset(
    {
        RuleId.CONFLICT,
        RuleId.NOT_REVIEWED,
        RuleId.WAITS_FOR_CUSTOMER,
        RuleId.WAITS_FOR_SERVICE,
    }
)


def of_error(error: errors.ReconcilerError) -> int:
    """Return the exit code of an error."""
    if isinstance(error, errors.Interrupted):
        return SIGNAL + error.signal
    return next(code for kind, code in _ERRORS if isinstance(error, kind))


def of_plan(plan: Plan, *, detailed: bool = False) -> int:
    """Return the exit code of a plan: refused, in conflict, pending (with `detailed`), or done."""
    pending = detailed and any(group.changes for group in plan.groups)
    return _first([*_of_refusals(plan), *([PENDING] if pending else [])])


def of_drift(plan: Plan, *, detailed: bool) -> int:
    """Return the exit code of a drift report."""
    return PENDING if detailed and plan.portal_edits else DONE


def of_outcome(outcome: Outcome) -> int:
    """Return the exit code of a run: by signal, by failures, by what was held back, by what is
    left.
    """
    if outcome.signal is not None:
        return SIGNAL + outcome.signal
    if outcome.declined and outcome.final_plan is not None:
        return of_plan(outcome.final_plan, detailed=True)
    if outcome.of(GroupStatus.FAILED, GroupStatus.UNKNOWN):
        return WRITE_FAILED
    codes = [STALE] if outcome.of(GroupStatus.STALE, GroupStatus.NOT_TRIED) else []
    if outcome.final_plan is not None:
        codes += _of_refusals(outcome.final_plan)
        codes += _of_ready(outcome, outcome.final_plan)
    elif outcome.groups:
        # 6 promises that nothing was written
        if outcome.was_changed:
            return WRITE_FAILED
        error = outcome.final_plan_error
        codes.append(UNREACHABLE if error is None else of_error(error))
    return _first(codes)


def _of_refusals(plan: Plan) -> Iterator[int]:
    for refusal in plan.refusals:
        yield _of_rule(refusal.rule)


def _of_ready(outcome: Outcome, final_plan: Plan) -> Iterator[int]:
    """Yield the codes of groups that a further run would apply, by what held them back in this
    one.
    """
    held_back_rules = {
        outcome_of_group.group.name: outcome_of_group.group.held_back
        for outcome_of_group in outcome.of(GroupStatus.HELD_BACK)
    }
    for group in final_plan.ready:
        # A group that was not held back and could still be applied appeared during the run.
        yield from map(_of_rule, held_back_rules.get(group.name) or (RuleId.CONFLICT,))


def _of_rule(rule: str) -> int:
    return STALE if rule in _CONFLICTS else REFUSED


def _first(codes: Iterable[int]) -> int:
    code_set = set(codes)
    return next((code for code in _PRECEDENCE if code in code_set), DONE)
