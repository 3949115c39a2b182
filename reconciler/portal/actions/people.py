"""Whoever logs in: a contact of a customer or one of the provider's people, found by address.

An address is one login in the whole portal, whoever it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.portal.rules.principals import Actor
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.throttle import Limit
from reconciler.portal.store import tables as t
from reconciler.portal.store.limits import count
from reconciler.portal.store.unit_of_work import Row, Work


def with_address(work: Work, form: str) -> Row | None:
    """The living contact or the provider's person who logs in with this address; both are always looked for."""
    form = form.replace("\0", "\ufffd")  # nobody has such an address, and PostgreSQL would not even look
    staff = work.where("staff", t.staff.c.address_form == form)
    people = work.where("contact", t.contacts.c.address_form == form)
    return next(iter([*staff, *people]), None)


def must_be_free(work: Work, form: str, person: Row, email: str) -> None:
    """An `address-taken` problem when somebody else logs in with the address; whose it is only the provider reads.

    A try of a customer's people is counted before it is judged: they cannot ask for the addresses of others.
    """
    if form != person["address_form"]:
        count(work, Limit.ADDRESSES)
    holder = with_address(work, form)
    if holder is not None and holder is not person:
        whose = "another contact" if holder.kind == "contact" else "one of the provider's people"
        whose = "somebody" if work.principal.actor in {Actor.MANAGER, Actor.SELF} else whose
        raise Problem("address-taken", f"the address '{email}' is the login of {whose}")


def as_self(work: Work, name: str) -> None:
    """From here on the person herself acts, whoever carries her request."""
    work.principal = replace(work.principal, name=name, actor=Actor.SELF)


def known_of(person: Row) -> Iterator[str]:
    """What everybody knows about a person: no password is made of it."""
    yield person["name"]
    yield person["email"]
