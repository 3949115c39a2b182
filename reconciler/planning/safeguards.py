"""The safeguards that do not depend on which other groups are applied.

`outcome_safeguards` evaluates what a set of groups leaves behind, and `blocking` calls it again for
each smaller set.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.model.changes import Change, Kind
from reconciler.model.live import LiveContact, LiveObject
from reconciler.model.plan import Facts, Group, Refusal, Stage
from reconciler.model.rules import RuleId
from reconciler.planning.group_dependencies import users
from reconciler.planning.plan_items import refuse, refuse_portal
from reconciler.planning.situation import Situation

_FORBIDDEN: Final = {
    Kind.REMOVE_CONTACT: "removed",
    Kind.CHANGE_EMAIL: "given another address",
    Kind.RELEASE_CONTACT: "released",
    Kind.ARCHIVE_CUSTOMER: "archived",
    Kind.RENAME_CUSTOMER: "renamed",
    Kind.RELEASE_CUSTOMER: "released",
}
LIFT_HINT = (
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
        # Rows that nobody or somebody else manages have no last commit of ours.
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
    # A new name changes nothing for the people; an archive and a release do.
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
    return refuse(RuleId.PROTECTED, customer, contact, message, LIFT_HINT)


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
