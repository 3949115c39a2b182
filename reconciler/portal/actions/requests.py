"""Actions on requests: send one with its files, apply an event, reassign it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select

from reconciler.portal.actions import uploads
from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.actions.mails import linked_request, mail_contact
from reconciler.portal.actions.notices import mail_project_managers, mail_quote
from reconciler.portal.actions.offers import check_order
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules import requests as rules
from reconciler.portal.rules.contacts import check_heir, check_living
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.request_numbers import draw_number
from reconciler.portal.rules.roles import WORK_ROLES
from reconciler.portal.rules.states import FileKind, RequestState, Workflow
from reconciler.portal.rules.word_counts import is_counting
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.unit_of_work import Row, Work

NEW_REQUEST: Final = {
    **dict.fromkeys(
        (
            "words",
            "cost",
            "currency",
            "expires_at",
            "reason",
            "accepted_at",
            "delivered_at",
            "taken_at",
            "requested_deadline",
        )
    ),
    "progress": 0,
}


def send(
    work: Work,
    owner: Row,
    fields: Mapping[str, Any],
    files: Sequence[str] = (),
    reference_files: Sequence[str] = (),
) -> Row:
    """Create a request for a contact, with the uploads named.

    Contacts may order only what is offered to them. The provider's tools may also send without a
    service, but no workflow that begins without a quote: only the customer begins a project.
    """
    check_living(owner.values)
    if owner["role"] not in WORK_ROLES:
        raise Problem("heir-may-not-hold-work", f"a {owner['role']} cannot send requests")
    service = _service(work, fields["service"])
    if work.principal.contact:
        check_order(work, owner, service, fields, files)
    elif fields["workflow"] == Workflow.AUTOMATIC_PROJECT:
        detail = (
            f"'{fields['workflow']}' begins a project without a quote; only the customer "
            f"can send it"
        )
        raise Problem("unprocessable", detail, field="workflow")
    check_deadline(work, fields["deadline"])
    sources, references = (
        uploads.pending_uploads(work, files),
        uploads.pending_uploads(work, reference_files),
    )
    if set(files) & set(reference_files):
        raise Problem(
            "unprocessable", "an upload cannot be both a source and a reference file"
        )
    request = _new_request(work, owner, fields, service, sources)
    uploads.attach(work, sources, request, FileKind.SOURCE)
    uploads.attach(work, references, request, FileKind.REFERENCE)
    _mail(work, request)
    return request


def _service(work: Work, code: str | None) -> Row | None:
    if code is None:
        return None
    services = work.where("service", t.services.c.code == code)
    if not services:
        raise Problem("unprocessable", f"there is no service '{code}'")
    return services[0]


def _new_request(
    work: Work,
    owner: Row,
    fields: Mapping[str, Any],
    service: Row | None,
    sources: Sequence[uploads.File],
) -> Row:
    targets, words = sorted(set(fields["target_languages"])), rules.total_words(sources)
    amount, currency = rules.cost(
        words, service["price"] if service else None, len(targets)
    )
    state = rules.first_state(
        fields["workflow"], words, counting=any(map(is_counting, sources))
    )
    request = work.new(
        "request",
        {
            **fields,
            "customer": owner["customer"],
            "owner": owner.id,
            "state": state,
            "created_at": work.now,
            **NEW_REQUEST,
            "number": new_number(work),
            "requested_deadline": fields["deadline"],
            "target_languages": targets,
            "words": words,
            "cost": amount,
            "currency": currency,
        },
    )
    request.update(**rules.fields_on_entry(state, None, work.now, quote_expiry(work)))
    work.count_version(request)
    return request


def new_number(work: Work) -> int:
    """Return a number for a new request."""
    c = t.requests.c

    def is_taken(number: int) -> bool:
        statement = select(c.id).where(c.number == number)
        return work.connection.execute(statement).first() is not None

    return draw_number(is_taken)


def check_deadline(work: Work, deadline: str | None) -> None:
    """Raise an `unprocessable` problem if the deadline is in the past."""
    if deadline is not None and deadline <= work.now:
        detail = f"the deadline '{deadline}' is in the past"
        raise Problem("unprocessable", detail, field="deadline")


def quote_expiry(work: Work) -> str:
    """Return when a quote made now expires."""
    return later(
        work.now, days=work.get("settings", "settings")["offers"]["expire_after_days"]
    )


def _mail(work: Work, request: Row) -> None:
    """Mail the project managers about a request that a person sent; tools know what they sent."""
    if work.principal.contact:
        mail_project_managers(work, Wording.SUBMITTED, request)
        if request["state"] == RequestState.QUOTED:
            mail_quote(work, request)


def change(work: Work, request: Row, fields: Mapping[str, Any]) -> AuditValues:
    """Change fields of the request that the provider's tools may change."""
    if fields.get("deadline") != request["deadline"]:
        check_deadline(work, fields.get("deadline"))
    return write_fields(work, request, fields)


def change_state(work: Work, request: Row, event: str, **fields: Any) -> AuditValues:
    """Apply an event: the new state, its dependent fields, and these fields; else `wrong-state`."""
    state = rules.next_state(event, request["state"])
    return write_fields(
        work,
        request,
        {
            "state": state,
            **rules.fields_on_entry(state, request["state"], work.now, quote_expiry(work)),
            **fields,
        },
    )


def write_fields(work: Work, request: Row, fields: Mapping[str, Any]) -> AuditValues:
    """Write the fields that differ; return the values before and after."""
    after = {name: value for name, value in fields.items() if request[name] != value}
    before = {name: request[name] for name in after}
    if after:
        request.update(**after)
        work.count_version(request)
    return before, after


def reassign(work: Work, request: Row, heir: Row) -> AuditValues:
    """Give the open request to another contact of its customer, and mail the new owner."""
    owner = work.get("contact", request["owner"])
    check_heir(heir.values, owner.values)
    audited = change_state(work, request, "reassign", owner=heir.id)
    mail_contact(
        work,
        Wording.WORK_RECEIVED,
        heir,
        count=1,
        from_name=owner["name"],
        requests=[linked_request(work, request)],
    )
    return audited
