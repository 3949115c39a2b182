"""Mails about one request: to the contact who owns it, or to the project managers of her customer.

A customer names its project managers by address. Who of them is known as one of the provider's people
is addressed by name and in her language, everybody else in `POLICY_LANGUAGE`.
"""

from __future__ import annotations

from typing import Final

from reconciler.portal.actions.mails import Reader, page_of, post, send
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.states import StaffStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

POLICY_LANGUAGE: Final = "en"


def tell_owner(work: Work, wording: Wording, request: Row, **facts: str) -> None:
    """Put a mail about the request to its owner into the outbox."""
    send(
        work, wording, work.one("contact", request["owner"]), title=request["title"], link=page_of(work, request), **facts
    )  # fmt: skip


def tell_project_managers(work: Work, wording: Wording, request: Row, **facts: str) -> None:
    """Put a mail about the request to each project manager of its customer into the outbox.

    It names who sent or decided, so it is filed under her: erasing her takes it along.
    """
    customer = work.one("customer", request["customer"])
    owner = work.one("contact", request["owner"])
    for address in customer["project_managers"]:
        name, language = _addressed(work, address)
        reader = Reader(address, name, language, work.principal.contact or owner.id, customer=customer)
        told = {"title": request["title"], "link": page_of(work, request), "who": owner["name"], **facts}
        post(work, wording, reader, **told)


def _addressed(work: Work, address: str) -> tuple[str, str]:
    """How one of the provider's people is called, and in which language."""
    found = work.where(
        "staff", t.staff.c.address_form == same_address_form(address), t.staff.c.status != StaffStatus.REMOVED
    )
    return (found[0]["name"], found[0]["language"]) if found else (address, POLICY_LANGUAGE)
