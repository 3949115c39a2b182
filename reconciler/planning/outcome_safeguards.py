"""Refusals by outcome: limits, protected people, customers without a manager or a contact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.model.changes import Kind, ObjectKind
from reconciler.model.fields import stricter
from reconciler.model.plan import Refusal, Stage, Warning
from reconciler.model.roles import Role
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Listing, plural_sentence, sentence
from reconciler.planning.customer_context import CustomerContext
from reconciler.planning.index import Index
from reconciler.planning.limits import MERGE_FIRST, allow_removals_hint, customer_limit
from reconciler.planning.matching import MatchKind
from reconciler.planning.outcomes import groups_taking, temporary_services
from reconciler.planning.plan_items import refuse, refuse_portal, warn
from reconciler.planning.projection import (
    CustomerStates,
    Difference,
    GroupNames,
    PersonStates,
    Projection,
    differences,
)
from reconciler.planning.rights import PersonState, right_noun
from reconciler.planning.safeguards import LIFT_HINT
from reconciler.planning.situation import Situation


def outcome_refusals(situation: Situation, applied_groups: GroupNames) -> Iterator[Refusal]:
    """Yield the refusals when exactly these groups are applied."""
    moved_rights = list(differences(situation.projection, applied_groups))
    yield from _protected_rights(situation, moved_rights, applied_groups)
    by_customer: dict[str, list[Difference]] = defaultdict(list)
    for difference in moved_rights:
        by_customer[difference.person.customer.id].append(difference)
    people = _people_by_customer(situation.projection)
    beyond_limits = _groups_beyond_limits(situation)
    for customer in situation.projection.customers:
        context = situation.contexts.get(customer.name)
        if (
            context is None
            or customer.group not in applied_groups
            # An archive takes everybody at once; the limit of the whole plan counts them.
            or not customer.after.active
        ):
            continue
        # A last manager is refused even with a number: the number speaks of people, not of
        # the customer.
        if customer.group not in beyond_limits:
            yield from _customer_limit(
                situation,
                customer,
                by_customer[customer.id],
                people[customer.id],
                applied_groups,
            )
            yield from _nobody_left(customer, people[customer.id])
        if not _manager_optional(context):
            yield from _last_manager(customer, people[customer.id])


def _groups_beyond_limits(situation: Situation) -> set[str]:
    """Return the groups that an explicit number exempts from their customers' limits: the caller's
    number, or a reviewed plan's.
    """
    facts = situation.facts
    if facts.permissions.allow_removals is not None:
        return {group.name for group in situation.groups}
    reviews = [
        r for r in facts.run.reviewed or () if r.permissions.allow_removals is not None
    ]
    if not reviews:
        return set()
    ids = {
        group.name: {
            change.id for change in group.changes if change.kind is not Kind.RECORD
        }
        for group in situation.groups
    }
    return {
        name for name, own in ids.items() if any(own <= review.ids for review in reviews)
    }


def _people_by_customer(projection: Projection) -> dict[str, list[PersonStates]]:
    people: dict[str, list[PersonStates]] = defaultdict(list)
    for person in projection.people:
        people[person.customer.id].append(person)
    return people


def _protected_rights(
    situation: Situation, moved_rights: list[Difference], applied_groups: GroupNames
) -> Iterator[Refusal]:
    groups = {group.name: group for group in situation.groups}
    for difference in moved_rights:
        person = difference.person
        for name, rights in sorted(
            _forbidden_losses(situation.projection, difference, applied_groups).items()
        ):
            group = groups[name]
            message = sentence(
                "refusal",
                "{contact} is protected and cannot lose: {rights}",
                contact=person.name,
                rights=Listing(tuple(map(right_noun, sorted(rights)))),
            )
            if group.stage is Stage.CUSTOMERS:
                customer, _, contact = person.name.partition("/")
                yield refuse(RuleId.PROTECTED, customer, contact, message, LIFT_HINT)
            else:
                yield refuse_portal(
                    RuleId.PROTECTED, group.service, message, LIFT_HINT, group.stage
                )
    for person in situation.projection.people:
        if person.protected_in(applied_groups):
            for key in temporary_services(situation.projection, person, applied_groups):
                message = sentence(
                    "refusal",
                    "{contact} is protected, gets service '{service}' in this run and must "
                    "not lose it again",
                    contact=person.name,
                    service=key,
                )
                yield refuse_portal(
                    RuleId.PROTECTED, key, message, LIFT_HINT, Stage.CLOSING
                )


def _forbidden_losses(
    projection: Projection, difference: Difference, applied_groups: GroupNames
) -> dict[str, set[str]]:
    """Return what groups take from a protected person, by group.

    Protection that the person's own customer group adds holds for the later groups of the same run.
    """
    person, forbidden = difference.person, defaultdict[str, set[str]](set)
    if not person.protected_in(applied_groups):
        return forbidden
    for right in difference.forfeits:
        groups = groups_taking(projection, person, right, applied_groups)
        if not person.protected and person.group in groups:
            # Protection that the same group sets does not forbid what that group itself takes
            # (the access, with a new address), but what a later group would still take.
            groups = {
                group
                for group in groups - {person.group}
                if right in projection.rights_once_active(person, applied_groups - {group})
            }
        for group in groups:
            forbidden[group].add(right)
    return forbidden


def _customer_limit(
    situation: Situation,
    customer: CustomerStates,
    moved_rights: list[Difference],
    people: list[PersonStates],
    applied_groups: GroupNames,
) -> Iterator[Refusal]:
    affected = [
        difference
        for difference in moved_rights
        if difference.counts
        and _by_own_group(situation.projection, difference, applied_groups)
    ]
    only_rights = not any(difference.leaves for difference in affected)
    population = sum(
        person.before.living and (not only_rights or person.before.status == "active")
        for person in people
    )
    limit, rule = customer_limit(situation.policy, population)
    if len(affected) > limit:
        merge_first = len(affected) <= customer_limit(situation.demanded, population)[0]
        message = plural_sentence(
            "refusal",
            "{count} of {population} people loses access or power; the limit is {limit} ({rule})",
            "{count} of {population} people lose access or power; the limit is {limit} ({rule})",
            len(affected),
            population=population,
            limit=limit,
            rule=rule,
        )
        hint = MERGE_FIRST if merge_first else allow_removals_hint(situation.affected_count)
        yield refuse(RuleId.TOO_MANY_REMOVALS, customer.name, None, message, hint)


def _by_own_group(
    projection: Projection, difference: Difference, applied_groups: GroupNames
) -> bool:
    """Return whether the customer's own group takes something, not only a service that closes."""
    person = difference.person
    taking_groups = (
        groups_taking(projection, person, right, applied_groups)
        for right in difference.loses
    )
    return difference.leaves or any(person.group in groups for groups in taking_groups)


def _nobody_left(customer: CustomerStates, people: list[PersonStates]) -> Iterator[Refusal]:
    if any(s.before.present for s in people) and not any(s.after.present for s in people):
        message = sentence(
            "refusal",
            "{customer} would have no active or invited contact left",
            customer=customer.name,
        )
        yield refuse(RuleId.NOBODY_LEFT, customer.name, None, message, _ADD_SOMEBODY)


_ADD_SOMEBODY: Final = sentence(
    "hint",
    "add a contact in the same pull request, or delete the whole folder to archive the customer",
)
_APPOINT_MANAGER: Final = sentence(
    "hint", "make another contact a manager first, or apply manager_optional: true first"
)


def _last_manager(
    customer: CustomerStates, people: list[PersonStates]
) -> Iterator[Refusal]:
    if any(_manages(s.before) for s in people) and not any(
        _manages(s.after) for s in people
    ):
        message = sentence(
            "refusal", "{customer} would no longer have a manager", customer=customer.name
        )
        # With nobody left, no other contact can become one, and optional managers do not help.
        anybody_left = any(s.after.present for s in people)
        hint = _APPOINT_MANAGER if anybody_left else _ADD_SOMEBODY
        yield refuse(RuleId.LAST_MANAGER, customer.name, None, message, hint)


def _manages(person: PersonState) -> bool:
    return person.present and person.role is Role.MANAGER


def _manager_optional(context: CustomerContext) -> bool:
    """Return whether both the file and the last applied one say so: a loosened rule takes
    effect in the next run.
    """
    desired = context.customer.desired
    applied = context.applied.get("manager_optional")
    demanded = desired.fields.get("manager_optional") if desired else applied
    return context.is_released or bool(
        stricter(ObjectKind.CUSTOMER, "manager_optional", demanded, applied)
    )


def warn_of_invited_managers(
    situation: Situation, applied_groups: GroupNames
) -> Iterator[Warning]:
    """Warn of customers whose only managers have not activated their access yet, where one had
    before.
    """
    people = _people_by_customer(situation.projection)
    for customer in situation.projection.customers:
        if (
            customer.name not in situation.contexts
            or customer.group not in applied_groups
            or not customer.after.active
        ):
            continue
        before = [s.before for s in people[customer.id] if _manages(s.before)]
        after = [s.after for s in people[customer.id] if _manages(s.after)]
        if (
            any(p.status == "active" for p in before)
            and after
            and all(p.status == "invited" for p in after)
        ):
            message = sentence(
                "warning",
                "{customer} has only managers who have not activated their access yet",
                customer=customer.name,
            )
            hint = sentence("hint", "make sure that one of them activates it")
            yield warn(RuleId.ONLY_INVITED_MANAGERS, customer.name, None, message, hint)


def population(
    contexts: Mapping[str, CustomerContext], index: Index, *, only_active: bool
) -> int:
    """Return the number of people who can be counted: living contacts of managed customers."""
    rows = [
        context.customer.live
        for context in contexts.values()
        if context.customer.live
        and context.customer.kind is not MatchKind.REMOVED_BY_OTHERS
    ]
    return sum(
        row.status == "active" or not only_active
        for customer in rows
        for row in index.living(customer)
    )
