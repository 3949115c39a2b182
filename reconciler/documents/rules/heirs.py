"""The rules on heirs: everybody who is named as an heir exists, may hold work, and stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.documents.rules.book import Book, DesiredObject
from reconciler.documents.rules.hints import as_warning, name_hint
from reconciler.model.desired import DesiredContact, DesiredCustomer
from reconciler.model.problems import Problem
from reconciler.model.roles import may_hold_work
from reconciler.model.rules import RuleId
from reconciler.model.sentences import sentence


def heirs_resolve(book: Book) -> Iterator[Problem]:
    """An heir exists, may hold work, and does not leave without an heir.

    Under `removed/` this only warns: a farewell of a removed contact has no effect, so it must not
    block the removal of its heir. Where there is open work, the plan refuses.
    """
    for customer in book.known_customers:
        if customer.heir:
            yield from _heir(book, customer, customer, customer.heir)
        for contact in customer.contacts.values():
            if contact.heir:
                yield from _heir(book, customer, contact, contact.heir)
        for farewell in customer.farewells.values():
            if farewell.heir:
                yield from map(as_warning, _heir(book, customer, farewell, farewell.heir))


def _heir(
    book: Book, customer: DesiredCustomer, giver: DesiredObject, heir: str
) -> Iterator[Problem]:
    """Yield the problem of an heir, at the end of the chain of people who leave."""
    chain = [] if isinstance(giver, DesiredCustomer) else [giver.key]
    # The chain ends: it visits each person once.
    while heir not in chain:
        chain.append(heir)
        contact = _find_contact(customer, heir)
        if contact is not None and contact.leaves is None:
            if contact.says("role") and not may_hold_work(contact.role):
                message = sentence(
                    "warning", "'{heir}' is an observer and cannot hold work", heir=heir
                )
                hint = sentence("hint", "name a requester or a manager")
                yield book.problem(RuleId.HEIR, giver, "heir", message, hint)
            return
        following = contact.heir if contact else None
        if contact is None:
            farewell = customer.farewells.get(heir)
            if farewell is None:
                message = sentence(
                    "warning",
                    "'{heir}' is not a contact of {customer}",
                    heir=heir,
                    customer=customer.key,
                )
                yield book.problem(
                    RuleId.HEIR, giver, "heir", message, _other_heirs(customer, giver, heir)
                )
                return
            following = farewell.heir
        following = following or customer.heir
        if following is None:
            if contact is None:
                message = sentence(
                    "warning", "'{heir}' has left and names no heir", heir=heir
                )
                yield book.problem(RuleId.HEIR, giver, "heir", message, _NAME_ANOTHER)
            return
        heir = following
    circle = " → ".join([*chain, heir])
    message = sentence("reason", "the heirs form a circle: {heirs}", heirs=circle)
    yield book.problem(RuleId.HEIR_CIRCLE, giver, "heir", message, _NAME_ANOTHER)


_NAME_ANOTHER: Final = sentence("hint", "name a contact who stays")


def _find_contact(customer: DesiredCustomer, key: str) -> DesiredContact | None:
    contact = customer.contacts.get(key)
    return contact or next(
        (c for c in customer.contacts.values() if key in c.previously), None
    )


def _other_heirs(customer: DesiredCustomer, giver: DesiredObject, key: str) -> str:
    """Return a hint with the contacts who may hold work, without the giver."""
    people = {
        contact_key: contact
        for contact_key, contact in customer.contacts.items()
        if contact_key != giver.key or giver is customer
    }
    candidates = tuple(
        sorted(
            contact_key
            for contact_key, contact in people.items()
            if contact.says("role") and may_hold_work(contact.role)
        )
    )
    hint = name_hint(key, candidates, "name one of", "its requesters and managers")
    return (
        hint
        if hint.startswith("did")
        else f"{hint}; or, if {key} has left, write removed/{key}.yaml"
    )
