"""Rules across files: conditions that no single document can check.

Each rule is a function over the whole book that yields problems; `across_files` runs them all.
Conditions on the portal or the date (open work, who leaves soon) are checked in `planning`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from reconciler.documents.rules.book import Book, DesiredObject
from reconciler.documents.rules.heirs import heirs_resolve
from reconciler.documents.rules.hints import MAX_NAMES, as_warning, name_hint
from reconciler.model.desired import DesiredContact, DesiredCustomer
from reconciler.model.equality import address_key, domain_key, name_key
from reconciler.model.keys import display
from reconciler.model.problems import Problem
from reconciler.model.roles import Role
from reconciler.model.rules import RuleId
from reconciler.model.sentences import AND, Listing, sentence
from reconciler.model.values import ALL


def across_files(book: Book) -> list[Problem]:
    """Return every problem across the files."""
    return [problem for rule in CROSS_FILE_RULES for problem in rule(book)]


def address_unique(book: Book) -> Iterator[Problem]:
    """An address is one person's login in the whole portal."""
    first: dict[str, DesiredContact] = {}
    for contact in book.contacts():
        if not contact.says("email"):
            continue
        earlier = first.setdefault(address_key(contact.email), contact)
        if earlier is not contact:
            line = earlier.places["email"].line
            message = (
                f"'{contact.email}' is already the address of "
                f"{display(earlier.customer, earlier.key)} "
                f"({earlier.place.path}:{line})"
            )
            yield book.problem(
                RuleId.ADDRESS_TWICE, contact, "email", message, "give each person one file"
            )


def customer_name_unique(book: Book) -> Iterator[Problem]:
    """A customer's name is unique."""
    first: dict[str, DesiredCustomer] = {}
    for customer in book.customers.values():
        if not customer.says("name"):
            continue
        earlier = first.setdefault(name_key(customer.name), customer)
        if earlier is not customer:
            message = (
                f"'{customer.name}' is already the name of {earlier.key} "
                f"({earlier.place.path})"
            )
            yield book.problem(
                RuleId.CUSTOMER_NAME_TWICE,
                customer,
                "name",
                message,
                "make the names differ",
            )


def services_exist(book: Book) -> Iterator[Problem]:
    """A named service exists in the portal, and a contact's service is one of the customer's."""
    portal_services = book.portal.services if book.portal else None
    for customer in book.customers.values():
        customer_field = customer.fields.get("services")
        if isinstance(customer_field, tuple) and portal_services is not None:
            yield from _unknown_services(book, customer_field, portal_services, customer)
        for contact in customer.contacts.values():
            contact_services = contact.fields.get("services")
            if not isinstance(contact_services, tuple):
                continue
            if portal_services is not None:
                yield from _unknown_services(
                    book, contact_services, portal_services, contact
                )
            # Where the file does not manage the customer's list, only the portal knows it.
            customer_services = (
                customer_field if isinstance(customer_field, tuple) else contact_services
            )
            # Only a readable portal file says which services are open to all.
            for key in contact_services if book.knows_services else ():
                exists = portal_services is None or key in portal_services
                if exists and key not in customer_services and not _for_all(book, key):
                    message = f"'{key}' is not one of the services of {customer.key}"
                    hint = f"add it to {customer.place.path}, or remove it here"
                    yield book.problem(
                        RuleId.SERVICE_NOT_ORDERED,
                        contact,
                        book.item(contact, "services", key),
                        message,
                        hint,
                    )


def _unknown_services(
    book: Book,
    keys: tuple[str, ...],
    portal_services: Mapping[str, object],
    object: DesiredObject,
) -> Iterator[Problem]:
    known_keys = tuple(sorted(portal_services))
    for number, key in enumerate(key for key in keys if key not in portal_services):
        hint = (
            name_hint(key, known_keys, "services are", "none yet")
            if number < MAX_NAMES
            else "compare it with portal.yaml"
        )
        at = book.item(object, "services", key)
        yield book.problem(
            RuleId.SERVICES, object, at, f"'{key}' is not a service of portal.yaml", hint
        )


def _for_all(book: Book, key: str) -> bool:
    service = (book.portal.services or {}).get(key) if book.portal else None
    return bool(service and service.available_to_all)


def present_or_removed(book: Book) -> Iterator[Problem]:
    """A key is present or removed, not both, and not somebody else's former key."""
    for customer in book.customers.values():
        for key, farewell in customer.farewells.items():
            # A farewell with `registration` rejects a sign-up; it may stand beside the
            # contact.
            if key in customer.contacts and farewell.registration is None:
                message = f"'{key}' is present in contacts/ and has a farewell here"
                yield book.problem(
                    RuleId.PRESENT_AND_REMOVED,
                    farewell,
                    (),
                    message,
                    "delete one of the two files",
                )
        former: dict[str, str] = {}
        for contact in customer.contacts.values():
            for key in contact.previously:
                at = book.item(contact, "previously", key)
                if key in customer.contacts or key in customer.farewells:
                    message = (
                        f"'{key}' is in use; it cannot be a former key of {contact.key}"
                    )
                    yield book.problem(
                        RuleId.PREVIOUSLY,
                        contact,
                        at,
                        message,
                        "delete the key here, or the other file",
                    )
                elif former.setdefault(key, contact.key) != contact.key:
                    message = f"'{key}' is also a former key of {former[key]}"
                    yield book.problem(
                        RuleId.PREVIOUSLY, contact, at, message, "keep it in one of them"
                    )


def former_folders(book: Book) -> Iterator[Problem]:
    """A former folder name belongs to one customer and is not in use."""
    former: dict[str, str] = {}
    for customer in book.customers.values():
        for key in customer.previously:
            at = book.item(customer, "previously", key)
            if key in book.customers:
                message = (
                    f"'{key}' is an existing customer; it cannot be a former key of "
                    f"{customer.key}"
                )
                yield book.problem(
                    RuleId.PREVIOUSLY, customer, at, message, "delete the key here"
                )
            elif former.setdefault(key, customer.key) != customer.key:
                message = f"'{key}' is also a former key of {former[key]}"
                yield book.problem(
                    RuleId.PREVIOUSLY, customer, at, message, "keep it in one of them"
                )


def domain_unique(book: Book) -> Iterator[Problem]:
    """An e-mail domain belongs to one customer."""
    first: dict[str, DesiredCustomer] = {}
    for customer in book.customers.values():
        for domain in _texts(customer, "email_domains"):
            earlier = first.setdefault(domain_key(domain), customer)
            if earlier is not customer:
                message = f"'{domain}' is already a domain of {earlier.key} ({earlier.place.path})"
                at = book.item(customer, "email_domains", domain)
                yield book.problem(
                    RuleId.DOMAIN_TWICE, customer, at, message, "keep it in one of them"
                )


def foreign_domain(book: Book) -> Iterator[Problem]:
    """A contact's address is in one of the customer's domains, if the customer lists any."""
    for customer in book.customers.values():
        domains = {domain_key(domain) for domain in _texts(customer, "email_domains")}
        for contact in customer.contacts.values() if domains else ():
            if (
                contact.says("email")
                and domain_key(contact.email.rpartition("@")[2]) not in domains
            ):
                message = sentence(
                    "warning",
                    "'{address}' is not in a domain of {customer}",
                    address=contact.email,
                    customer=customer.key,
                )
                hint = sentence(
                    "hint", "check the address, or add its domain to email_domains"
                )
                yield as_warning(
                    book.problem(RuleId.FOREIGN_DOMAIN, contact, "email", message, hint)
                )


def can_order(book: Book) -> Iterator[Problem]:
    """A customer has a contact, a manager, a project manager and a service; otherwise it cannot
    order.
    """
    for customer in book.complete_customers:
        if customer.release:
            continue
        lacks = []
        if not customer.contacts:
            lacks.append(sentence("warning", "no contact"))
        elif not customer.fields.get("manager_optional") and not any(
            contact.role is Role.MANAGER for contact in customer.contacts.values()
        ):
            lacks.append(sentence("warning", "no manager"))
        if (
            "project_managers" in customer.fields
            and not customer.fields["project_managers"]
        ):
            lacks.append(sentence("warning", "no project manager"))
        # An absent field is unmanaged: the portal may have project managers and services.
        if "services" in customer.fields and not _orderable(book, customer):
            lacks.append(sentence("warning", "no service"))
        if lacks:
            message = sentence(
                "warning",
                "{customer} has {gaps}",
                customer=customer.key,
                gaps=Listing(tuple(lacks), AND),
            )
            hint = sentence("hint", "add the missing parts before people need them")
            yield as_warning(book.problem(RuleId.CANNOT_ORDER, customer, (), message, hint))


def _orderable(book: Book, customer: DesiredCustomer) -> bool:
    own = customer.fields["services"]
    portal_services = (book.portal.services if book.portal else None) or {}
    return (
        own == ALL
        or bool(own)
        or any(service.available_to_all for service in portal_services.values())
    )


def _texts(customer: DesiredCustomer, field: str) -> tuple[str, ...]:
    value = customer.fields.get(field)
    return value if isinstance(value, tuple) else ()


CROSS_FILE_RULES: tuple[Callable[[Book], Iterator[Problem]], ...] = (
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
