"""The safeguards of customers, services and settings: the outcomes that a group must not have.

`fixed_refusals` do not depend on which other groups are applied. `outcome_refusals` evaluates what
a set of groups leaves behind; `blocking` calls it again for each smaller set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.fields import stricter
from reconciler.model.live import LiveContact, LiveObject
from reconciler.model.plan import Facts, Group, Refusal, Stage, Warning
from reconciler.model.roles import Role
from reconciler.model.rules import RuleId
from reconciler.planning.customer_context import CustomerContext
from reconciler.planning.group_dependencies import users
from reconciler.planning.index import Index
from reconciler.planning.limits import MERGE_FIRST, customer_limit
from reconciler.planning.matching import MatchKind
from reconciler.planning.outcomes import groups_taking, temporary_services
from reconciler.planning.plan_items import refuse, refuse_portal, warn
from reconciler.planning.projection import (
    Difference,
    GroupNames,
    Home,
    Projection,
    Subject,
    differences,
)
from reconciler.planning.rights import PersonState
from reconciler.planning.situation import Situation

_LIFT = (
    "apply protect: false in a separate run first; until then, remove this change from the "
    "files"
)


def fixed_refusals(situation: Situation) -> Iterator[Refusal]:
    """Yield the refusals that do not depend on which groups are applied."""
    for group in situation.groups:
        yield from _rollback(situation, group)
        for change in group.changes:
            yield from _protected(situation, change)
            yield from _unknown_service(situation, change)
            if change.kind is Kind.REMOVE_SERVICE and change.service is not None:
                yield from _in_use(situation, change.service)


def _rollback(situation: Situation, group: Group) -> Iterator[Refusal]:
    facts, index = situation.facts, situation.index
    if facts.permissions.allow_rollback:
        return
    for key in group.customers:
        live = situation.contexts[key].customer.live if key in situation.contexts else None
        last = live.last_commit if live and live.owner == index.owner else None
        if last is not None and last not in facts.ancestors:
            yield refuse(
                RuleId.OLDER_COMMIT,
                key,
                None,
                f"{key} was {_older(last, facts)}",
                _OLDER_HINT,
            )
    last = index.live.settings.last_commits.get(index.owner)
    if (
        group.stage is not Stage.CUSTOMERS
        and last is not None
        and last not in facts.ancestors
    ):
        subject = f"service {group.service}" if group.service else "settings"
        message = f"{subject}: settings and services were {_older(last, facts)}"
        yield refuse_portal(RuleId.OLDER_COMMIT, group.service, message, _OLDER_HINT)


def _older(last: str, facts: Facts) -> str:
    if facts.commit is None:
        return f"last applied from commit {last[:12]}, and this tree is not in a git repository"
    return f"last applied from commit {last[:12]}, which {facts.commit[:12]} does not descend from"


_OLDER_HINT = (
    "do not rerun an old job; set fetch-depth: 0 in a shallow clone; pass "
    "--allow-rollback to go back intentionally"
)

_FORBIDDEN: Final = {
    Kind.REMOVE_CONTACT: "removed",
    Kind.CHANGE_EMAIL: "given another address",
    Kind.RELEASE_CONTACT: "released",
    Kind.ARCHIVE_CUSTOMER: "archived",
    Kind.RENAME_CUSTOMER: "renamed",
    Kind.RELEASE_CUSTOMER: "released",
}


def _protected(situation: Situation, change: Change) -> Iterator[Refusal]:
    """Yield the refusals of changes that protection forbids, whatever rights they change."""
    verb = _FORBIDDEN.get(change.kind) or ("renamed" if _renames_customer(change) else None)
    if verb is None or change.customer is None:
        return
    index = situation.index
    if change.contact is not None:
        row: LiveObject | None = index.live.contacts.get(change.target.id or "")
        if row is not None and _is_protected(row):
            yield _refuse_protected(change.customer, change.contact, verb)
        return
    customer = index.live.customers.get(change.target.id or "")
    if customer is not None and _is_protected(customer):
        yield _refuse_protected(change.customer, None, verb)
    if customer is not None and verb != "renamed":
        for contact in index.living(customer):
            if _is_protected(contact):
                yield _refuse_protected(
                    change.customer, _own_name(situation, contact), verb
                )


def _renames_customer(change: Change) -> bool:
    """Whether the change renames an existing customer."""
    kinds = {Kind.UPDATE_CUSTOMER, Kind.ADOPT_CUSTOMER}
    return change.kind in kinds and any(field.name == "name" for field in change.fields)


def _is_protected(row: LiveObject) -> bool:
    return row.fields.get("protected") is True


def _own_name(situation: Situation, row: LiveContact) -> str:
    return situation.names.get(row.id, f"/{situation.index.own_name(row)}").partition("/")[
        2
    ]


def _refuse_protected(customer: str, contact: str | None, verb: str) -> Refusal:
    message = f"{contact or customer} is protected and cannot be {verb}"
    return refuse(RuleId.PROTECTED, customer, contact, message, _LIFT)


def _unknown_service(situation: Situation, change: Change) -> Iterator[Refusal]:
    if change.customer is None:
        return
    lists = (field.after for field in change.fields if field.name == "services")
    service_keys = {
        service for value in lists if isinstance(value, tuple) for service in value
    }
    unknown = sorted(service_keys - set(situation.projection.services))
    if unknown:
        message = f"the portal has no service '{unknown[0]}'"
        hint = "use an existing service, or declare this one in portal.yaml"
        yield refuse(RuleId.SERVICE_UNKNOWN, change.customer, change.contact, message, hint)


def _in_use(situation: Situation, service: str) -> Iterator[Refusal]:
    names = [user.name for user in users(situation.projection, service) if user.after]
    names += [
        f"{situation.index.customer_key(request.customer_id)} ({request.id})"
        for request in situation.index.live.requests.values()
        if request.service == service
    ]
    if names:
        message = (
            f"service {service} was removed from portal.yaml, but is still used by "
            f"{', '.join(sorted(names))}"
        )
        hint = "keep it until it is no longer used"
        yield refuse_portal(RuleId.SERVICE_IN_USE, service, message, hint, Stage.CLOSING)


def outcome_refusals(situation: Situation, applied_groups: GroupNames) -> Iterator[Refusal]:
    """Yield the refusals when exactly these groups are applied."""
    moved_rights = list(differences(situation.projection, applied_groups))
    yield from _protected_rights(situation, moved_rights, applied_groups)
    by_home: dict[str, list[Difference]] = defaultdict(list)
    for difference in moved_rights:
        by_home[difference.subject.home.id].append(difference)
    people = _people_by_home(situation.projection)
    beyond_limits = _groups_beyond_limits(situation)
    for home in situation.projection.homes:
        context = situation.contexts.get(home.name)
        if context is None or home.group not in applied_groups or not home.after.active:
            continue
        if home.group not in beyond_limits:
            yield from _customer_limit(
                situation, home, by_home[home.id], people[home.id], applied_groups
            )
            yield from _nobody_left(home, people[home.id])
        if not _manager_optional(context):
            yield from _last_manager(home, people[home.id])


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


def _people_by_home(projection: Projection) -> dict[str, list[Subject]]:
    people: dict[str, list[Subject]] = defaultdict(list)
    for subject in projection.subjects:
        people[subject.home.id].append(subject)
    return people


def _protected_rights(
    situation: Situation, moved_rights: list[Difference], applied_groups: GroupNames
) -> Iterator[Refusal]:
    groups = {group.name: group for group in situation.groups}
    for difference in moved_rights:
        subject = difference.subject
        for name, rights in sorted(
            _forbidden_losses(situation.projection, difference, applied_groups).items()
        ):
            group = groups[name]
            message = (
                f"{subject.name} is protected and cannot lose: {', '.join(sorted(rights))}"
            )
            if group.stage is Stage.CUSTOMERS:
                home, _, contact = subject.name.partition("/")
                yield refuse(RuleId.PROTECTED, home, contact, message, _LIFT)
            else:
                yield refuse_portal(
                    RuleId.PROTECTED, group.service, message, _LIFT, group.stage
                )
    for subject in situation.projection.subjects:
        if subject.protected_in(applied_groups):
            for key in temporary_services(situation.projection, subject, applied_groups):
                message = (
                    f"{subject.name} is protected, gets service '{key}' in this run and "
                    f"must not lose it again"
                )
                yield refuse_portal(RuleId.PROTECTED, key, message, _LIFT, Stage.CLOSING)


def _forbidden_losses(
    projection: Projection, difference: Difference, applied_groups: GroupNames
) -> dict[str, set[str]]:
    """Return what groups take from a protected person, by group.

    Protection that the person's own customer group adds holds for the later groups of the same run.
    """
    subject, forbidden = difference.subject, defaultdict[str, set[str]](set)
    if not subject.protected_in(applied_groups):
        return forbidden
    for right in difference.forfeits:
        groups = groups_taking(projection, subject, right, applied_groups)
        if subject.protected or subject.group not in groups:
            for group in groups:
                forbidden[group].add(right)
    return forbidden


def _customer_limit(
    situation: Situation,
    home: Home,
    moved_rights: list[Difference],
    people: list[Subject],
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
        subject.before.living and (not only_rights or subject.before.status == "active")
        for subject in people
    )
    limit, rule = customer_limit(situation.policy, population)
    if len(affected) > limit:
        merge_first = len(affected) <= customer_limit(situation.demanded, population)[0]
        message = (
            f"{len(affected)} of {population} people lose access or power; the limit is "
            f"{limit} ({rule})"
        )
        hint = (
            f"if this is intended, apply with --allow-removals {situation.affected_count}"
        )
        yield refuse(
            RuleId.TOO_MANY_REMOVALS,
            home.name,
            None,
            message,
            MERGE_FIRST if merge_first else hint,
        )


def _by_own_group(
    projection: Projection, difference: Difference, applied_groups: GroupNames
) -> bool:
    """Whether the customer's own group takes something, not only a service that closes."""
    subject = difference.subject
    taking_groups = (
        groups_taking(projection, subject, right, applied_groups)
        for right in difference.loses
    )
    return difference.leaves or any(subject.group in groups for groups in taking_groups)


def _nobody_left(home: Home, people: list[Subject]) -> Iterator[Refusal]:
    if any(s.before.present for s in people) and not any(s.after.present for s in people):
        message = f"{home.name} would have no active or invited contact left"
        hint = (
            "add a contact in the same pull request, or delete the whole folder to archive "
            "the customer"
        )
        yield refuse(RuleId.NOBODY_LEFT, home.name, None, message, hint)


def _last_manager(home: Home, people: list[Subject]) -> Iterator[Refusal]:
    if any(_manages(s.before) for s in people) and not any(
        _manages(s.after) for s in people
    ):
        message = f"{home.name} would no longer have a manager"
        hint = "make another contact a manager first, or apply manager_optional: true first"
        yield refuse(RuleId.LAST_MANAGER, home.name, None, message, hint)


def _manages(person: PersonState) -> bool:
    return person.present and person.role is Role.MANAGER


def _manager_optional(context: CustomerContext) -> bool:
    """Whether both the file and the last applied one say so: a loosened rule takes effect in the
    next run.
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
    people = _people_by_home(situation.projection)
    for home in situation.projection.homes:
        if (
            home.name not in situation.contexts
            or home.group not in applied_groups
            or not home.after.active
        ):
            continue
        before = [s.before for s in people[home.id] if _manages(s.before)]
        after = [s.after for s in people[home.id] if _manages(s.after)]
        if (
            any(p.status == "active" for p in before)
            and after
            and all(p.status == "invited" for p in after)
        ):
            message = (
                f"{home.name} has only managers who have not activated their access yet"
            )
            yield warn(
                RuleId.ONLY_INVITED_MANAGERS,
                home.name,
                None,
                message,
                "make sure that one of them activates it",
            )


def population(
    contexts: Mapping[str, CustomerContext], index: Index, *, only_active: bool
) -> int:
    """Return the number of people who can be counted: living contacts of managed customers."""
    rows = [
        context.customer.live
        for context in contexts.values()
        if context.customer.live and context.customer.kind is not MatchKind.AWAY
    ]
    return sum(
        row.status == "active" or not only_active
        for customer in rows
        for row in index.living(customer)
    )
