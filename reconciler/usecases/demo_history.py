"""The demo's history: earlier versions of the shipped book, so that the plan has changes.

A pure function from the book to its earlier versions, by the keys of the people in it. The portal
itself adds the portal edits in between (`portal/seed.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from reconciler.model.desired import (
    DesiredContact,
    DesiredCustomer,
    DesiredService,
    DesiredState,
    Place,
)
from reconciler.model.values import Value

Item = TypeVar("Item")

_NEW_SERVICE = "express"
_FORMER_SERVICES: Final = {"website-localisation": "websites"}
_NEW_CUSTOMERS = frozenset({"sidra-labs", "moulin-vasseur"})
# In the first book and not in the second: it is archived, so that today's plan restores it.
_RESTORED_CUSTOMER = "saint-aurele"
_PLACE = Place("portal.yaml", 1)


def earlier_books(book: DesiredState) -> tuple[DesiredState, DesiredState]:
    """Return the book as first applied, and as applied before today's version."""
    first = _first_book(book)
    customers = {
        key: customer
        for key, customer in first.customers.items()
        if key != _RESTORED_CUSTOMER
    }
    havbris = customers["havbris-sjomat"]
    customers["havbris-sjomat"] = replace(
        havbris, contacts=_without(havbris.contacts, "mads-holm")
    )
    return first, replace(first, customers=customers)


def _first_book(book: DesiredState) -> DesiredState:
    customers = {
        key: _without_news(customer)
        for key, customer in book.customers.items()
        if key not in _NEW_CUSTOMERS
    }
    for key, earlier in _EARLIER_CUSTOMERS.items():
        customers[key] = earlier(customers[key])
    # Today's folder says `previously: [acme]`, so today's plan renames the customer.
    acme = customers.pop("acme-medical")
    customers["acme"] = replace(
        acme,
        key="acme",
        contacts={k: replace(c, customer="acme") for k, c in acme.contacts.items()},
    )
    # Not in today's files, so today's plan archives it.
    customers["nordlicht-verlag"] = _nordlicht()
    settings = replace(
        book.settings, fields={**book.settings.fields, "offers.expire_after_days": 14}
    )
    return replace(
        book,
        settings=settings,
        services=_services(book.services or {}),
        customers=customers,
    )


def _services(services: Mapping[str, DesiredService]) -> dict[str, DesiredService]:
    earlier = _without(services, _NEW_SERVICE)
    certified = earlier["certified"]
    earlier["certified"] = replace(
        certified, fields={**certified.fields, "price.per_word": "0.18"}
    )
    for key, former in _FORMER_SERVICES.items():
        earlier[former] = replace(earlier.pop(key), key=former, previously=())
    # Not in today's portal.yaml, so today's plan removes it.
    earlier["proofreading"] = DesiredService(
        "proofreading",
        {
            "name": "Proofreading",
            "workflows": ("pm_quote_manual",),
            "available_to_all": False,
        },
        _PLACE,
    )
    return earlier


def _without_news(customer: DesiredCustomer) -> DesiredCustomer:
    """Return the customer without today's news: no farewells, no former keys, not the new
    service.
    """
    people = {key: _contact(contact) for key, contact in customer.contacts.items()}
    fields = {name: _earlier_value(value) for name, value in customer.fields.items()}
    return replace(
        customer, fields=fields, contacts=people, farewells={}, previously=(), release=False
    )


def _contact(contact: DesiredContact) -> DesiredContact:
    fields = {name: _earlier_value(value) for name, value in contact.fields.items()}
    return replace(contact, fields=fields, previously=(), registration=None, leaves=None)


def _earlier_value(value: Value) -> Value:
    if not isinstance(value, tuple):
        return value
    return tuple(_FORMER_SERVICES.get(item, item) for item in value if item != _NEW_SERVICE)


def _acme(customer: DesiredCustomer) -> DesiredCustomer:
    people = dict(customer.contacts)
    jane = people.pop("jane-doe")
    people["jane-miller"] = replace(
        jane, key="jane-miller", fields={**jane.fields, "name": "Jane Miller"}
    )
    people["john-roe"] = _person(
        customer.key, "john-roe", "John Roe", "john.roe@acme.example", "requester"
    )
    people["carsten-voigt"] = _with(
        people["carsten-voigt"], role="requester", services=("certified",)
    )
    people["petra-noethen"] = _with(people["petra-noethen"], role="requester")
    people["miriam-osei"] = _with(people["miriam-osei"], email="m.osei@acme.example")
    return replace(customer, contacts=people)


def _brackenfield(customer: DesiredCustomer) -> DesiredCustomer:
    people = dict(customer.contacts)
    people["niamh-oconnell"] = _with(people["niamh-oconnell"], name="Niamh OConnell")
    people["tobias-fenn"] = _with(people["tobias-fenn"], language="en")
    daniel = people["daniel-marsh"]
    people["daniel-marsh"] = replace(daniel, fields=_without(daniel.fields, "services"))
    return replace(
        customer,
        contacts=people,
        fields={**customer.fields, "description": "Laboratory scales."},
    )


def _havbris(customer: DesiredCustomer) -> DesiredCustomer:
    erik = _person(
        customer.key, "erik-lund", "Erik Lund", "erik.lund@havbris.example", "observer"
    )
    return replace(customer, contacts={**customer.contacts, "erik-lund": erik})


def _hibarino(customer: DesiredCustomer) -> DesiredCustomer:
    kimura = _person(
        customer.key,
        "kimura-hiroshi",
        "木村浩",
        "h.kimura@hibarino-seiki.example",
        "requester",
    )
    return replace(customer, contacts={**customer.contacts, "kimura-hiroshi": kimura})


def _kovari(customer: DesiredCustomer) -> DesiredCustomer:
    people = _without(customer.contacts, "toth-balazs")
    zsofia = people.pop("szucs-zsofia")
    people["kis-zsofia"] = replace(zsofia, key="kis-zsofia")
    return replace(customer, contacts=people)


def _altmuehl(customer: DesiredCustomer) -> DesiredCustomer:
    wanda = _person(
        customer.key,
        "wanda-reiss",
        "Wanda Reiß",
        "wanda.reiss@altmuehl-druck.example",
        "manager",
    )
    return replace(customer, contacts={"wanda-reiss": wanda})


def _nordlicht() -> DesiredCustomer:
    key = "nordlicht-verlag"
    signe = _person(
        key, "signe-thorsen", "Signe Thorsen", "signe@nordlicht-verlag.example", "manager"
    )
    return DesiredCustomer(
        key,
        {"name": "Nordlicht Verlag", "language": "de"},
        _PLACE,
        contacts={signe.key: signe},
    )


_EARLIER_CUSTOMERS: Mapping[str, Callable[[DesiredCustomer], DesiredCustomer]] = {
    "acme-medical": _acme,
    "altmuehl-druck": _altmuehl,
    "brackenfield": _brackenfield,
    "havbris-sjomat": _havbris,
    "hibarino-seiki": _hibarino,
    "kovari-boraszat": _kovari,
}


def _person(customer: str, key: str, name: str, email: str, role: str) -> DesiredContact:
    return DesiredContact(
        customer, key, {"name": name, "email": email, "role": role}, _PLACE
    )


def _with(contact: DesiredContact, **fields: Value) -> DesiredContact:
    return replace(contact, fields={**contact.fields, **fields})


def _without(items: Mapping[str, Item], key: str) -> dict[str, Item]:
    return {name: item for name, item in items.items() if name != key}
