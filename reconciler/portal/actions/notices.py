"""Mails about one request, to its owner or to the project managers of its customer.

A customer names its project managers by address. A manager who is a staff member is addressed by
name and in their language, any other address in `POLICY_LANGUAGE`.
"""

from __future__ import annotations

from typing import Final

from reconciler.portal.actions.mails import Recipient, mail_contact, queue_mail, request_url
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.states import StaffStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work

POLICY_LANGUAGE: Final = "en"


def mail_owner(work: Work, wording: Wording, request: Row, **facts: str) -> None:
    """Queue a mail about the request to its owner."""
    mail_contact(
        work,
        wording,
        work.get("contact", request["owner"]),
        title=request["title"],
        number=request["number"],
        link=request_url(work, request),
        **facts,
    )


def mail_quote(work: Work, request: Row) -> None:
    """Queue the mail about a quote to the request's owner, with the terms of the quote."""
    deadline, requested = request["deadline"], request["requested_deadline"]
    mail_owner(
        work,
        Wording.QUOTED,
        request,
        until=request["expires_at"][:10],
        words=str(request["words"]),
        cost=request["cost"] or "",
        currency=request["currency"] or "",
        deadline=deadline or "",
        requested_deadline=requested if requested and requested != deadline else "",
    )


def mail_project_managers(work: Work, wording: Wording, request: Row, **facts: str) -> None:
    """Queue a mail about the request to each project manager of its customer.

    The mail names the person who acted and is stored under that person, so erasing them deletes it.
    """
    customer = work.get("customer", request["customer"])
    owner = work.get("contact", request["owner"])
    for address in customer["project_managers"]:
        name, language = _name_and_language(work, address)
        recipient = Recipient(
            address, name, language, work.principal.contact or owner.id, customer=customer
        )
        mail_facts = {
            "title": request["title"],
            "number": request["number"],
            "link": request_url(work, request),
            "who": owner["name"],
            **facts,
        }
        queue_mail(work, wording, recipient, **mail_facts)


def _name_and_language(work: Work, address: str) -> tuple[str, str]:
    """Return the name and language for a project manager's address."""
    staff = work.where(
        "staff",
        t.staff.c.address_form == same_address_form(address),
        t.staff.c.status != StaffStatus.REMOVED,
    )
    return (staff[0]["name"], staff[0]["language"]) if staff else (address, POLICY_LANGUAGE)
