"""Contacts: list, add, edit, remove with a handover, restore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request, Response
from sqlalchemy import Connection, select

from reconciler.portal.actions import contacts, erasure, team
from reconciler.portal.actions.choices import OneOf
from reconciler.portal.actions.row_scope import get_in_scope, heir_of, row_in_scope
from reconciler.portal.api.paging import Pages, page
from reconciler.portal.api.router import api_router
from reconciler.portal.api.schemas.resources import (
    ChangedContact,
    Contact,
    Handover,
    NewContact,
    Offboarding,
    Page,
)
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.states import ContactStatus
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Row, Work
from reconciler.portal.web.idempotency import (
    WriteResult,
    body_of,
    require_creation,
    require_version,
    row_result,
    write,
)
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import requires, store_of
from reconciler.portal.web.serialization import as_json, etag

router = api_router("/contacts", tag="contacts")
Body = Annotated[bytes, Depends(body_of)]
AddGrant = Annotated[Grant, requires("contacts.add")]
ReadGrant = Annotated[Grant, requires("contacts.read")]
EditGrant = Annotated[Grant, requires("contacts.edit")]
RemoveGrant = Annotated[Grant, requires("contacts.remove")]
HandOverGrant = Annotated[Grant, requires("contacts.hand-over")]
AdmitGrant = Annotated[Grant, requires("contacts.admit")]
Status = Annotated[str, OneOf(ContactStatus)]


@router.get("", response_model=Page[Contact])
def list_contacts(
    request: Request,
    paging: Pages,
    grant: ReadGrant,
    customer: Annotated[str | None, Query(max_length=40)] = None,
    status: Status | None = None,
    email: Annotated[str | None, Query(max_length=254)] = None,
    external_key: Annotated[str | None, Query(max_length=63)] = None,
    include: Literal["removed"] | None = None,
) -> Response:
    """Return the contacts; removed ones only with `include=removed` or `status=removed`."""
    c = t.contacts.c
    criteria = [c.customer == customer] if customer else []
    criteria += [c.external_key == external_key] if external_key else []
    # finds neither removed contacts nor registrations, which hold no address
    criteria += [c.address_form == same_address_form(email)] if email else []
    if status:
        criteria.append(c.status == status)
    elif include is None:
        criteria.append(c.status != ContactStatus.REMOVED)
    return page(request, paging, t.contacts, criteria, _as_json, grant=grant)


@router.post("", status_code=201, response_model=Contact)
def add_contact(request: Request, new: NewContact, body: Body, grant: AddGrant) -> Response:
    """Add a person to a customer and mail an invitation."""
    require_creation(request)

    def write_action(work: Work) -> WriteResult:
        fields = new.sent_fields()
        home = work.get("customer", fields.pop("customer"))
        row = contacts.add(work, home, fields)
        work.audit(AuditAction.POST_CONTACTS, row, None, fields)
        status, value, headers = _result(work, row, 201)
        return status, value, {**headers, "Location": f"/api/v1/contacts/{row.id}"}

    return write(request, grant, body, write_action)


@router.get("/{id}", response_model=Contact)
def read_contact(request: Request, id: str, grant: ReadGrant) -> Response:
    """Return one contact, removed or not."""
    with store_of(request).read() as connection:
        items = _as_json(connection, [row_in_scope(connection, grant, t.contacts, id)])
    return answer(items[0], headers={"ETag": etag(items[0]["version"])})


@router.patch("/{id}", response_model=Contact)
def change_contact(
    request: Request, id: str, fields: ChangedContact, body: Body, grant: EditGrant
) -> Response:
    """Change a contact; a new address suspends access until it is activated."""

    def write_action(work: Work) -> WriteResult:
        row = require_version(request, get_in_scope(work, grant, "contact", id))
        work.audit(
            AuditAction.PATCH_CONTACTS,
            row,
            *team.edit(work, grant, row, fields.sent_fields()),
        )
        return _result(work, row)

    return write(request, grant, body, write_action)


@router.delete("/{id}", response_model=Contact)
def remove_contact(request: Request, id: str, body: Body, grant: RemoveGrant) -> Response:
    """Remove a contact who owns no open work."""
    return _offboard(request, id, Offboarding(), body, grant)


@router.post("/{id}/offboard", response_model=Contact)
def offboard_contact(
    request: Request, id: str, offboarding: Offboarding, body: Body, grant: RemoveGrant
) -> Response:
    """Hand over a contact's open work and remove the contact, in one transaction."""
    return _offboard(request, id, offboarding, body, grant)


def _offboard(
    request: Request, id: str, offboarding: Offboarding, body: bytes, grant: Grant
) -> Response:
    def write_action(work: Work) -> WriteResult:
        row = require_version(request, get_in_scope(work, grant, "contact", id))
        heir = heir_of(work, grant, offboarding.work_to) if offboarding.work_to else None
        work.audit(
            AuditAction.CONTACTS_OFFBOARD,
            row,
            *contacts.remove(work, row, heir, offboarding.reason),
        )
        return _result(work, row)

    return write(request, grant, body, write_action)


@router.post("/{id}/hand-over", response_model=Contact)
def hand_over(
    request: Request, id: str, handover: Handover, body: Body, grant: HandOverGrant
) -> Response:
    """Give all open work of a contact to another."""

    def write_action(work: Work) -> WriteResult:
        row = require_version(request, get_in_scope(work, grant, "contact", id))
        heir = heir_of(work, grant, handover.work_to)
        work.audit(
            AuditAction.CONTACTS_HAND_OVER, row, *contacts.hand_over(work, row, heir)
        )
        return _result(work, row)

    return write(request, grant, body, write_action)


# after the routes with a fixed last part, because the first route that matches a path serves it
@router.post("/{id}/{action}", response_model=Contact)
def act_on_contact(
    request: Request,
    id: str,
    action: Literal["restore", "resend-activation", "erase"],
    body: Body,
    grant: AdmitGrant,
) -> Response:
    """Restore a removed contact, resend the link, or erase a removed contact's data."""

    def write_action(work: Work) -> WriteResult:
        # `contacts.admit` is granted for all rows only, so there is no scope to check
        row = require_version(request, work.get("contact", id))
        match action:
            case "restore":
                audit_action, audited = (
                    AuditAction.CONTACTS_RESTORE,
                    contacts.restore(work, row),
                )
            case "resend-activation":
                audit_action, audited = (
                    AuditAction.CONTACTS_RESEND_ACTIVATION,
                    contacts.resend_activation(work, row),
                )
            case "erase":
                audit_action, audited = AuditAction.CONTACTS_ERASE, erasure.erase(work, row)
        work.audit(audit_action, row, *audited)
        return _result(work, row)

    return write(request, grant, body, write_action)


def _result(work: Work, row: Row, status: int = 200) -> WriteResult:
    home = work.get("customer", row["customer"]) if row["customer"] else None
    return row_result(
        status,
        as_json("contact", row.values, {home.id: home["external_key"]} if home else {}),
    )


def _as_json(connection: Connection, rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    c = t.customers.c
    homes = {row["customer"] for row in rows if row["customer"]}
    # one query for all rows of a page
    keys: dict[str, str | None] = {
        row.id: row.external_key
        for row in connection.execute(select(c.id, c.external_key).where(c.id.in_(homes)))
    }
    return [as_json("contact", row, keys) for row in rows]
