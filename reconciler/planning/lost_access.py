"""People whose activation link expired, and customers whose managers all are such people.

Nothing in the files is wrong, so no change follows: somebody has to send the mail again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.model.live import LiveState, Status
from reconciler.model.roles import Role
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Listing, Sentence, sentence
from reconciler.planning.customer_context import CustomerContext
from reconciler.planning.heirs import ContactAfterPlan
from reconciler.planning.index import Index
from reconciler.planning.matching import MatchKind
from reconciler.planning.plan_items import PlanItems, warn


@dataclass(frozen=True, slots=True)
class LostAccess:
    """Everybody in a portal whose activation link expired, and the customers all of whose managers
    are among them; by display name.
    """

    people: tuple[str, ...]
    customers: tuple[str, ...]


def find_lost_access(live: LiveState, owner: str) -> LostAccess:
    """Return who cannot log in now, in customers that are not archived."""
    index = Index(live, owner)
    people, customers = [], []
    for customer in index.customers_in_order():
        rows = [] if customer.archived else index.living(customer)
        people += [index.person(row) for row in rows if row.status is Status.LINK_EXPIRED]
        if _nobody_manages([row.status for row in rows if row.role is Role.MANAGER]):
            customers.append(index.customer_key(customer.id))
    return LostAccess(tuple(sorted(people)), tuple(sorted(customers)))


def _nobody_manages(managers: Iterable[Status]) -> bool:
    """Return whether there are managers, and the link of every one of them expired."""
    return set(managers) == {Status.LINK_EXPIRED}


def warn_of_lost_access(context: CustomerContext) -> PlanItems:
    """Warn of managed contacts whose link stays expired after the plan, and of a customer without
    another manager.
    """
    if context.is_released or context.customer.kind is MatchKind.WITHOUT_FILE:
        return
    contacts = [
        contact for contact in context.contacts_after_plan.values() if not contact.leaves
    ]
    managers = [contact for contact in contacts if contact.role is Role.MANAGER]
    if _nobody_manages(contact.status for contact in managers):
        message = sentence(
            "warning",
            "no manager of {customer} can log in; expired activation links: {managers}",
            customer=context.key,
            managers=Listing(tuple(contact.key for contact in managers)),
        )
        yield warn(RuleId.MANAGER_CANNOT_LOG_IN, context.key, None, message, _resend_hint())
    for key in _expired_keys(context, contacts):
        message = sentence("warning", "the activation link has expired")
        yield warn(RuleId.LINK_EXPIRED, context.key, key, message, _resend_hint())


def _expired_keys(
    context: CustomerContext, contacts: Iterable[ContactAfterPlan]
) -> Iterator[str]:
    managed_keys = {person.key for person in context.people}
    for contact in contacts:
        if contact.key in managed_keys and contact.status is Status.LINK_EXPIRED:
            yield contact.key


def _resend_hint() -> Sentence:
    return sentence(
        "hint", "send the activation mail again from the portal's page of the contact"
    )
