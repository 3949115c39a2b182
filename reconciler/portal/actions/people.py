"""People who log in, contacts and staff, looked up by address.

An address is one login in the whole portal, whoever it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.portal.rules.principals import Actor
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.throttle import Limit
from reconciler.portal.store import tables as t
from reconciler.portal.store.limits import count_against
from reconciler.portal.store.unit_of_work import Row, Work


def person_with_address(work: Work, form: str) -> Row | None:
    """Return the person who logs in with this address; both tables are always read."""
    # PostgreSQL rejects NUL with an error, and no address contains it
    form = form.replace("\0", "\ufffd")
    staff = work.where("staff", t.staff.c.address_form == form)
    people = work.where("contact", t.contacts.c.address_form == form)
    return next(iter([*staff, *people]), None)


def check_address_is_free(work: Work, form: str, person: Row, email: str) -> None:
    """Raise an `address-taken` problem if another person uses the address.

    Attempts by a customer's people are counted first, so they cannot probe for the addresses of
    others.
    """
    if form != person["address_form"]:
        count_against(work, Limit.ADDRESSES)
    holder = person_with_address(work, form)
    if holder is not None and holder is not person:
        holder_kind = (
            "another contact"
            if holder.kind == "contact"
            else "one of the provider's people"
        )
        # a customer's people must not learn what a stranger is to the provider
        holder_kind = (
            "somebody"
            if work.principal.actor in {Actor.MANAGER, Actor.SELF}
            else holder_kind
        )
        raise Problem(
            "address-taken", f"the address '{email}' is the login of {holder_kind}"
        )


def act_as_self(work: Work, name: str) -> None:
    """Make the person themselves the actor of the rest of this work."""
    work.principal = replace(work.principal, name=name, actor=Actor.SELF)


def personal_texts(person: Row) -> Iterator[str]:
    """Yield what is publicly known about a person and must not make up their password."""
    yield person["name"]
    yield person["email"]
