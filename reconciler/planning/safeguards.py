"""The safeguards that do not depend on which other groups are applied.

`outcome_safeguards` evaluates what a set of groups leaves behind, and `blocking` calls it again for
each smaller set.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.model.changes import Change, Kind
from reconciler.model.formats import short_commit
from reconciler.model.live import LiveContact, LiveObject
from reconciler.model.plan import Facts, Group, Refusal, Stage
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Listing, Sentence, sentence
from reconciler.planning.group_dependencies import users
from reconciler.planning.plan_items import refuse, refuse_portal, subject_noun
from reconciler.planning.rewritten_history import is_older, unrelated_hint
from reconciler.planning.situation import Situation

# Whole sentences, not one with a verb in it: languages place and inflect the verb.
_NOT_RELEASED: Final = sentence("refusal", "{object} is protected and cannot be released")
_NOT_RENAMED: Final = sentence("refusal", "{object} is protected and cannot be renamed")
_FORBIDDEN: Final = {
    Kind.REMOVE_CONTACT: sentence("refusal", "{object} is protected and cannot be removed"),
    Kind.CHANGE_EMAIL: sentence(
        "refusal", "{object} is protected and cannot be given another address"
    ),
    Kind.RELEASE_CONTACT: _NOT_RELEASED,
    Kind.ARCHIVE_CUSTOMER: sentence(
        "refusal", "{object} is protected and cannot be archived"
    ),
    Kind.RENAME_CUSTOMER: _NOT_RENAMED,
    Kind.RELEASE_CUSTOMER: _NOT_RELEASED,
}
LIFT_HINT = sentence(
    "hint",
    "apply protect: false in a separate run first; until then, remove this change from the "
    "files",
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
    for key in group.customers:
        live = situation.contexts[key].customer.live if key in situation.contexts else None
        # Rows that nobody or somebody else manages have no last commit of ours.
        last = live.last_commit if live and live.owner == index.owner else None
        if last is not None and is_older(last, facts):
            message = sentence(
                "refusal",
                "{object} was last applied from commit {commit}, {reason}",
                object=key,
                commit=short_commit(last),
                reason=_unrelated(facts),
            )
            yield refuse(RuleId.OLDER_COMMIT, key, None, message, unrelated_hint(last))
    last = index.live.settings.last_commits.get(index.owner)
    if group.stage is not Stage.CUSTOMERS and last is not None and is_older(last, facts):
        message = sentence(
            "refusal",
            "{object}: settings and services were last applied from commit {commit}, {reason}",
            object=subject_noun(group.service),
            commit=short_commit(last),
            reason=_unrelated(facts),
        )
        yield refuse_portal(
            RuleId.OLDER_COMMIT, group.service, message, unrelated_hint(last)
        )


def _unrelated(facts: Facts) -> Sentence:
    """Return why the last applied commit is not one that this tree continues."""
    if facts.commit is None:
        return sentence("reason", "and this tree is not in a git repository")
    return sentence(
        "reason", "which {commit} does not descend from", commit=short_commit(facts.commit)
    )


def _protected(situation: Situation, change: Change) -> Iterator[Refusal]:
    """Yield the refusals of changes that protection forbids, whatever rights they change."""
    message = _NOT_RENAMED if _renames_customer(change) else _FORBIDDEN.get(change.kind)
    if message is None or change.customer is None:
        return
    index = situation.index
    if change.contact is not None:
        row: LiveObject | None = index.live.contacts.get(change.target.id or "")
        if row is not None and _is_protected(row):
            yield _refuse_protected(change.customer, change.contact, message)
        return
    customer = index.live.customers.get(change.target.id or "")
    if customer is not None and _is_protected(customer):
        yield _refuse_protected(change.customer, None, message)
    # A new name changes nothing for the people; an archive and a release do.
    if customer is not None and message is not _NOT_RENAMED:
        for contact in index.living(customer):
            if _is_protected(contact):
                yield _refuse_protected(
                    change.customer, _own_name(situation, contact), message
                )


def _renames_customer(change: Change) -> bool:
    """Return whether the change renames an existing customer."""
    kinds = {Kind.UPDATE_CUSTOMER, Kind.ADOPT_CUSTOMER}
    return change.kind in kinds and any(field.name == "name" for field in change.fields)


def _is_protected(row: LiveObject) -> bool:
    return row.fields.get("protected") is True


def _own_name(situation: Situation, row: LiveContact) -> str:
    return situation.names.get(row.id, f"/{situation.index.own_name(row)}").partition("/")[
        2
    ]


def _refuse_protected(customer: str, contact: str | None, message: Sentence) -> Refusal:
    full_message = message.with_arguments(object=contact or customer)
    return refuse(RuleId.PROTECTED, customer, contact, full_message, LIFT_HINT)


def _unknown_service(situation: Situation, change: Change) -> Iterator[Refusal]:
    if change.customer is None:
        return
    lists = (field.after for field in change.fields if field.name == "services")
    service_keys = {
        service for value in lists if isinstance(value, tuple) for service in value
    }
    unknown = sorted(service_keys - set(situation.projection.services))
    if unknown:
        message = sentence(
            "refusal", "the portal has no service '{service}'", service=unknown[0]
        )
        hint = sentence(
            "hint", "use an existing service, or declare this one in portal.yaml"
        )
        yield refuse(RuleId.SERVICE_UNKNOWN, change.customer, change.contact, message, hint)


def _in_use(situation: Situation, service: str) -> Iterator[Refusal]:
    names = [user.name for user in users(situation.projection, service) if user.after]
    names += [
        f"{situation.index.customer_key(request.customer_id)} ({request.id})"
        for request in situation.index.live.requests.values()
        if request.service == service
    ]
    if names:
        message = sentence(
            "refusal",
            "service {service} was removed from portal.yaml, but is still used by {users}",
            service=service,
            users=Listing(tuple(sorted(names))),
        )
        hint = sentence("hint", "keep it until it is no longer used")
        yield refuse_portal(RuleId.SERVICE_IN_USE, service, message, hint, Stage.CLOSING)
