"""The items of a plan: the values that every stage yields and the last one sorts.

A stage is a generator of items. It changes nothing that another stage yielded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from reconciler.model.changes import Change
from reconciler.model.desired import Place
from reconciler.model.plan import Group, PortalEdit, Refusal, Scope, Stage, Warning
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Sentence, sentence


@dataclass(frozen=True, slots=True)
class CustomerLink:
    """Two customers whose changes must be applied together."""

    customer: str
    other_customer: str


PlanItem: TypeAlias = Change | Refusal | PortalEdit | Warning | CustomerLink
PlanItems: TypeAlias = Iterator[PlanItem]


@dataclass(frozen=True, slots=True)
class PlanItemsByKind:
    """Plan items by kind, in the order of the stages."""

    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    edits: tuple[PortalEdit, ...] = ()
    warnings: tuple[Warning, ...] = ()
    links: tuple[CustomerLink, ...] = ()


def sort_by_kind(items: Iterable[PlanItem]) -> PlanItemsByKind:
    """Return the items by kind."""
    changes: list[Change] = []
    refusals: list[Refusal] = []
    edits: list[PortalEdit] = []
    warnings: list[Warning] = []
    links: list[CustomerLink] = []
    for item in items:
        match item:
            case Change():
                changes.append(item)
            case Refusal():
                refusals.append(item)
            case PortalEdit():
                edits.append(item)
            case Warning():
                warnings.append(item)
            case CustomerLink():
                links.append(item)
            case _:
                assert_never(item)
    return PlanItemsByKind(
        tuple(changes), tuple(refusals), tuple(edits), tuple(warnings), tuple(links)
    )


def refuse_plan(rule: RuleId, message: Sentence, hint: Sentence) -> Refusal:
    """Return a refusal of the whole plan."""
    return Refusal(rule, Scope.PLAN, message, hint=hint)


def refuse(
    rule: RuleId, customer: str, contact: str | None, message: Sentence, hint: Sentence
) -> Refusal:
    """Return a refusal that holds back a customer with its group."""
    return Refusal(rule, Scope.CUSTOMER, message, customer, contact, hint)


def refuse_portal(
    rule: RuleId,
    service: str | None,
    message: Sentence,
    hint: Sentence,
    stage: Stage | None = None,
) -> Refusal:
    """Return a refusal of a service (both groups unless `stage` names one) or of the settings."""
    return Refusal(rule, Scope.CUSTOMER, message, hint=hint, service=service, stage=stage)


def subject_noun(service: str | None) -> Sentence:
    """Return the subject of a refusal of the portal itself: a service, or the settings."""
    if service is None:
        return sentence("subject", "settings")
    return sentence("subject", "service {service}", service=service)


def refuse_group(group: Group, rule: RuleId, message: Sentence, hint: Sentence) -> Refusal:
    """Return a refusal that holds back one group."""
    if group.stage is Stage.CUSTOMERS:
        return refuse(rule, min(group.customers), None, message, hint)
    return refuse_portal(rule, group.service, message, hint, group.stage)


def hold(
    rule: RuleId, customer: str, contact: str, message: Sentence, hint: Sentence
) -> Refusal:
    """Return a refusal that holds back one contact alone."""
    return Refusal(rule, Scope.CONTACT, message, customer, contact, hint)


def warn(
    rule: RuleId,
    customer: str,
    contact: str | None,
    message: Sentence,
    hint: Sentence | None = None,
) -> Warning:
    """Return a warning for the reviewer; nothing is held back."""
    return Warning(rule, message, customer, contact, hint)


def at_place(warning: Warning, place: Place) -> Warning:
    """Return the warning as one about this place in a file."""
    return replace(warning, path=place.path, line=place.line)
