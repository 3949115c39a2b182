"""Rules across files: what no single document can know.

Each rule is one function over the whole book and yields problems; `across_files` runs them all. What
needs the portal or the date (is there open work? who leaves soon?) is judged in `planning`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, TypeAlias

from reconciler.documents.strict_yaml import Path, Span
from reconciler.documents.types import Portal
from reconciler.documents.validation import Source
from reconciler.model.desired import DesiredContact, DesiredCustomer, Farewell
from reconciler.model.equality import address_key, domain_key, name_key
from reconciler.model.keys import display
from reconciler.model.problems import Problem, Severity
from reconciler.model.roles import Role, may_hold_work
from reconciler.model.rules import RuleId
from reconciler.model.values import ALL

Thing: TypeAlias = DesiredContact | DesiredCustomer | Farewell
_NAMED: Final = 20
"""How many words a hint names, and how many unknown ones in one list get a suggestion."""


@dataclass(frozen=True, slots=True)
class Book:
    """All customers of a tree, what the portal file says, and the sources to point into.

    `unread`: customers of which a file could not be read."""

    customers: Mapping[str, DesiredCustomer]
    portal: Portal | None
    sources: Mapping[str, Source]
    unread: frozenset[str] = frozenset()

    @property
    def whole(self) -> list[DesiredCustomer]:
        """The customers of which every file could be read: of others nothing is known to be missing."""
        return [customer for key, customer in self.customers.items() if key not in self.unread]

    def contacts(self) -> Iterator[DesiredContact]:
        for customer in self.customers.values():
            yield from customer.contacts.values()

    def problem(self, rule: RuleId, thing: Thing, at: str | Path, message: str, hint: str) -> Problem:
        """An error at a field's value in the thing's file; at its first line when there is no such value."""
        source = self.sources[thing.place.path]
        path = (at,) if isinstance(at, str) else at
        known = path in source.composed.values
        span = source.span(path) if known else Span(1, 1)
        return source.problem(rule, span, message, at=path if known else (), hint=hint)

    def item(self, thing: Thing, field: str, text: str) -> Path:
        """Where a text stands in a list of the thing's file."""
        listed = self.sources[thing.place.path].composed.value[field]
        return (field, listed.index(text)) if text in listed else (field,)


def across_files(book: Book) -> list[Problem]:
    """Every finding across the files."""
    return [problem for rule in ACROSS for problem in rule(book)]


def _warning(problem: Problem) -> Problem:
    return replace(problem, severity=Severity.WARNING)


def address_unique(book: Book) -> Iterator[Problem]:
    """An address is one person's login in the whole portal."""
    first: dict[str, DesiredContact] = {}
    for contact in book.contacts():
        other = first.setdefault(address_key(contact.email), contact)
        if other is not contact:
            line = other.places["email"].line
            message = (
                f"'{contact.email}' is already the address of {display(other.customer, other.key)} "
                f"({other.place.path}:{line})"
            )
            yield book.problem(RuleId.ADDRESS_TWICE, contact, "email", message, "give each person one file")


def customer_name_unique(book: Book) -> Iterator[Problem]:
    """A customer's name is unique."""
    first: dict[str, DesiredCustomer] = {}
    for customer in book.customers.values():
        other = first.setdefault(name_key(customer.name), customer)
        if other is not customer:
            message = f"'{customer.name}' is already the name of {other.key} ({other.place.path})"
            yield book.problem(RuleId.CUSTOMER_NAME_TWICE, customer, "name", message, "make the names differ")


def heirs_resolve(book: Book) -> Iterator[Problem]:
    """An heir is there, may hold work, and does not leave without an heir of their own.

    Under `removed/` this warns: a farewell whose contact is long gone has no effect, so it must not
    stand in the way when its heir goes too. Where there is open work, the plan refuses.
    """
    for customer in book.whole:
        if customer.heir:
            yield from _heir(book, customer, customer, customer.heir)
        for contact in customer.contacts.values():
            if contact.heir:
                yield from _heir(book, customer, contact, contact.heir)
        for gone in customer.farewells.values():
            if gone.heir:
                yield from map(_warning, _heir(book, customer, gone, gone.heir))


def _heir(book: Book, customer: DesiredCustomer, giver: Thing, heir: str) -> Iterator[Problem]:
    """Follows a chain of leavers to its end; at most as many steps as there are people."""
    seen = [] if isinstance(giver, DesiredCustomer) else [giver.key]
    while heir not in seen:
        seen.append(heir)
        contact = _called(customer, heir)
        if contact is not None and contact.leaves is None:
            if not may_hold_work(contact.role):
                message = f"'{heir}' is an observer and cannot hold work"
                yield book.problem(RuleId.HEIR, giver, "heir", message, "name a requester or a manager")
            return
        following = contact.heir if contact else None
        if contact is None:
            gone = customer.farewells.get(heir)
            if gone is None:
                message = f"'{heir}' is nobody at {customer.key}"
                yield book.problem(RuleId.HEIR, giver, "heir", message, _other_heirs(customer, giver, heir))
                return
            following = gone.heir
        following = following or customer.heir
        if following is None:
            if contact is None:
                message = f"'{heir}' has left and names no heir"
                yield book.problem(RuleId.HEIR, giver, "heir", message, "name somebody who stays")
            return
        heir = following
    message = f"the heirs form a circle: {' → '.join([*seen, heir])}"
    yield book.problem(RuleId.HEIR_CIRCLE, giver, "heir", message, "name somebody who stays")


def _called(customer: DesiredCustomer, key: str) -> DesiredContact | None:
    found = customer.contacts.get(key)
    return found or next((c for c in customer.contacts.values() if key in c.previously), None)


def _other_heirs(customer: DesiredCustomer, giver: Thing, key: str) -> str:
    """Who could be meant, or named instead: people who may hold work, without the giver."""
    people = {other: one for other, one in customer.contacts.items() if other != giver.key or giver is customer}
    able = tuple(sorted(other for other, one in people.items() if may_hold_work(one.role)))
    said = _suggestion(key, able, "name one of", "its requesters and managers")
    return said if said.startswith("did") else f"{said}; or, if {key} has left, write removed/{key}.yaml"


@lru_cache(maxsize=1024)
def _suggestion(word: str, known: tuple[str, ...], lead: str, none: str) -> str:
    """The closest of the words that are known, else a few of them; the same slip is looked up once."""
    near = difflib.get_close_matches(word, known, 1, 0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    return f"{lead} {', '.join(known[:_NAMED]) or none}{more}"


def services_exist(book: Book) -> Iterator[Problem]:
    """A service that is named is one of the portal's, and a contact's is one of the customer's."""
    offered = book.portal.services if book.portal else None
    for customer in book.customers.values():
        own = customer.fields.get("services")
        if isinstance(own, tuple) and offered is not None:
            yield from _unknown_services(book, own, offered, customer)
        for contact in customer.contacts.values():
            wanted = contact.fields.get("services")
            if not isinstance(wanted, tuple):
                continue
            if offered is not None:
                yield from _unknown_services(book, wanted, offered, contact)
            ordered = own if isinstance(own, tuple) else wanted
            for key in wanted:
                exists = offered is None or key in offered
                if exists and key not in ordered and not _for_all(book, key):
                    message = f"'{key}' is not one of the services of {customer.key}"
                    hint = f"add it to {customer.place.path}, or take it out here"
                    yield book.problem(
                        RuleId.SERVICE_NOT_ORDERED, contact, book.item(contact, "services", key), message, hint
                    )


def _unknown_services(
    book: Book, named: tuple[str, ...], offered: Mapping[str, object], thing: Thing
) -> Iterator[Problem]:
    known = tuple(sorted(offered))
    for number, key in enumerate(key for key in named if key not in offered):
        hint = _suggestion(key, known, "services are", "none yet") if number < _NAMED else "compare it with portal.yaml"
        at = book.item(thing, "services", key)
        yield book.problem(RuleId.SERVICES, thing, at, f"'{key}' is not a service of portal.yaml", hint)


def _for_all(book: Book, key: str) -> bool:
    service = (book.portal.services or {}).get(key) if book.portal else None
    return bool(service and service.available_to_all)


def present_or_removed(book: Book) -> Iterator[Problem]:
    """A key is present or removed, not both, and nobody else's former key."""
    for customer in book.customers.values():
        for key, gone in customer.farewells.items():
            if key in customer.contacts and gone.registration is None:
                message = f"'{key}' is present in contacts/ and has a farewell here"
                yield book.problem(RuleId.PRESENT_AND_REMOVED, gone, (), message, "delete one of the two files")
        former: dict[str, str] = {}
        for contact in customer.contacts.values():
            for key in contact.previously:
                at = book.item(contact, "previously", key)
                if key in customer.contacts or key in customer.farewells:
                    message = f"'{key}' is in use; it cannot be what {contact.key} was called before"
                    yield book.problem(
                        RuleId.PREVIOUSLY, contact, at, message, "delete the name here, or the other file"
                    )
                elif former.setdefault(key, contact.key) != contact.key:
                    message = f"'{key}' is also what {former[key]} was called before"
                    yield book.problem(RuleId.PREVIOUSLY, contact, at, message, "keep it at one of them")


def former_folders(book: Book) -> Iterator[Problem]:
    """A former folder name belongs to one customer and is not in use."""
    former: dict[str, str] = {}
    for customer in book.customers.values():
        for key in customer.previously:
            at = book.item(customer, "previously", key)
            if key in book.customers:
                message = f"there is a customer '{key}'; it cannot be what {customer.key} was called before"
                yield book.problem(RuleId.PREVIOUSLY, customer, at, message, "delete the name here")
            elif former.setdefault(key, customer.key) != customer.key:
                message = f"'{key}' is also what {former[key]} was called before"
                yield book.problem(RuleId.PREVIOUSLY, customer, at, message, "keep it at one of them")


def domain_unique(book: Book) -> Iterator[Problem]:
    """An e-mail domain belongs to one customer."""
    first: dict[str, DesiredCustomer] = {}
    for customer in book.customers.values():
        for domain in _texts(customer, "email_domains"):
            other = first.setdefault(domain_key(domain), customer)
            if other is not customer:
                message = f"'{domain}' is already a domain of {other.key} ({other.place.path})"
                at = book.item(customer, "email_domains", domain)
                yield book.problem(RuleId.DOMAIN_TWICE, customer, at, message, "keep it at one of them")


def foreign_domain(book: Book) -> Iterator[Problem]:
    """A contact's address is at one of the customer's domains, where it names any."""
    for customer in book.customers.values():
        domains = {domain_key(domain) for domain in _texts(customer, "email_domains")}
        for contact in customer.contacts.values() if domains else ():
            if domain_key(contact.email.rpartition("@")[2]) not in domains:
                message = f"'{contact.email}' is at none of the domains of {customer.key}"
                hint = "compare it with the address in their mails, or add its domain to email_domains"
                yield _warning(book.problem(RuleId.FOREIGN_DOMAIN, contact, "email", message, hint))


def can_order(book: Book) -> Iterator[Problem]:
    """A customer has a contact, a manager, a project manager and a service, or it cannot order."""
    for customer in book.whole:
        if customer.release:
            continue
        lacks = []
        if not customer.contacts:
            lacks.append("no contact")
        elif not customer.fields.get("manager_optional") and not any(
            contact.role is Role.MANAGER for contact in customer.contacts.values()
        ):
            lacks.append("no manager")
        if "project_managers" in customer.fields and not customer.fields["project_managers"]:
            lacks.append("no project manager")
        if "services" in customer.fields and not _orderable(book, customer):
            lacks.append("no service")
        if lacks:
            message = f"{customer.key} has {' and '.join(lacks)}"
            hint = "add what is missing before its people need it"
            yield _warning(book.problem(RuleId.CANNOT_ORDER, customer, (), message, hint))


def _orderable(book: Book, customer: DesiredCustomer) -> bool:
    own = customer.fields["services"]
    offered = (book.portal.services if book.portal else None) or {}
    return own == ALL or bool(own) or any(service.available_to_all for service in offered.values())


def _texts(customer: DesiredCustomer, field: str) -> tuple[str, ...]:
    value = customer.fields.get(field)
    return value if isinstance(value, tuple) else ()


ACROSS: tuple[Callable[[Book], Iterator[Problem]], ...] = (
    address_unique,
    customer_name_unique,
    heirs_resolve,
    services_exist,
    present_or_removed,
    former_folders,
    domain_unique,
    foreign_domain,
    can_order,
)
