"""The findings of the stages of planning: values that every stage yields and the last one sorts.

A stage is a generator of findings; it fills nothing and changes nothing of what others found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from reconciler.model.changes import Change
from reconciler.model.plan import Group, PortalEdit, Refusal, Scope, Stage, Warning
from reconciler.model.rules import RuleId


@dataclass(frozen=True, slots=True)
class Tie:
    """Two customers that go together."""

    customer: str
    other: str


Finding: TypeAlias = Change | Refusal | PortalEdit | Warning | Tie
Findings: TypeAlias = Iterator[Finding]


@dataclass(frozen=True, slots=True)
class FindingsByKind:
    """Findings by kind, in the order of the stages."""

    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    edits: tuple[PortalEdit, ...] = ()
    warnings: tuple[Warning, ...] = ()
    ties: tuple[Tie, ...] = ()


def sort_out(findings: Iterable[Finding]) -> FindingsByKind:
    """The findings by kind."""
    changes: list[Change] = []
    refusals: list[Refusal] = []
    edits: list[PortalEdit] = []
    warnings: list[Warning] = []
    ties: list[Tie] = []
    for finding in findings:
        match finding:
            case Change():
                changes.append(finding)
            case Refusal():
                refusals.append(finding)
            case PortalEdit():
                edits.append(finding)
            case Warning():
                warnings.append(finding)
            case Tie():
                ties.append(finding)
            case _:
                assert_never(finding)
    return FindingsByKind(tuple(changes), tuple(refusals), tuple(edits), tuple(warnings), tuple(ties))


def refuse_plan(rule: RuleId, message: str, hint: str) -> Refusal:
    """Hold back everything."""
    return Refusal(rule, Scope.PLAN, message, hint=hint)


def refuse(rule: RuleId, customer: str, contact: str | None, message: str, hint: str) -> Refusal:
    """Hold back a customer, with its group."""
    return Refusal(rule, Scope.CUSTOMER, message, customer, contact, hint)


def refuse_portal(rule: RuleId, service: str | None, message: str, hint: str, stage: Stage | None = None) -> Refusal:
    """Hold back one service (both of its groups unless one is named), or else the settings."""
    return Refusal(rule, Scope.CUSTOMER, message, hint=hint, service=service, stage=stage)


def refuse_group(group: Group, rule: RuleId, message: str, hint: str) -> Refusal:
    """Hold back one group."""
    if group.stage is Stage.CUSTOMERS:
        return refuse(rule, min(group.customers), None, message, hint)
    return refuse_portal(rule, group.service, message, hint, group.stage)


def hold(rule: RuleId, customer: str, contact: str, message: str, hint: str) -> Refusal:
    """Hold back one contact alone."""
    return Refusal(rule, Scope.CONTACT, message, customer, contact, hint)


def warn(rule: RuleId, customer: str, contact: str | None, message: str, hint: str | None = None) -> Warning:
    """Tell the reviewer; nothing is held back."""
    return Warning(rule, message, customer, contact, hint)
