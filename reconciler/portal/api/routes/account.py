"""One's own account: identity, name, language and password."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import Connection, select

from reconciler.portal.actions import access
from reconciler.portal.api.router import api_router
from reconciler.portal.api.routes.staff import staff_as_json
from reconciler.portal.api.schemas.access import ChangedAccount, NewPassword, Session, Staff
from reconciler.portal.api.schemas.resources import Contact
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.principals import Principal
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.idempotency import (
    WriteResult,
    body_of,
    require_version,
    row_result,
    write,
)
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import host_of, requires, store_of
from reconciler.portal.web.serialization import as_json, etag

router = api_router("/account", tag="access")
ReadGrant = Annotated[Grant, requires("account.read")]
WriteGrant = Annotated[Grant, requires("account.write")]


@router.get("", response_model=Contact | Staff)
def read_account(request: Request, grant: ReadGrant) -> Response:
    """Return the person who is logged in."""
    principal = grant.principal
    table, id = (
        (t.contacts, principal.contact) if principal.contact else (t.staff, principal.staff)
    )
    with store_of(request).read() as connection:
        row: Any = (
            connection.execute(select(table).where(table.c.id == id)).mappings().one()
        )
        key = _customer_key(connection, principal)
    return answer(_as_json(row, principal, key), headers={"ETag": etag(row["version"])})


@router.patch("", response_model=Contact | Staff)
def change_account(
    request: Request,
    fields: ChangedAccount,
    body: Annotated[bytes, Depends(body_of)],
    grant: WriteGrant,
) -> Response:
    """Change one's own name or language."""

    def write_action(work: Work) -> WriteResult:
        require_version(request, access.own_row(work, grant.principal))
        row, audited = access.edit_own_row(work, grant.principal, fields.sent_fields())
        work.audit(AuditAction.ACCOUNT, row, *audited)
        key = _customer_key(work.connection, grant.principal)
        return row_result(200, _as_json(row.values, grant.principal, key))

    return write(request, grant, body, write_action)


@router.put("/password", response_model=Session)
def change_password(
    request: Request, passwords: NewPassword, grant: WriteGrant
) -> Response:
    """Change one's own password: all sessions end, and a new one begins."""
    # not `write`, which would store the token of the new session under an idempotency key
    session = access.change_password(
        store_of(request), grant.principal, passwords.old, passwords.new, host_of(request)
    )
    return answer(session)


def _as_json(row: Any, principal: Principal, key: str | None) -> dict[str, Any]:
    return (
        as_json("contact", row, {principal.customer or "": key})
        if principal.contact
        else staff_as_json(row)
    )


def _customer_key(connection: Connection, principal: Principal) -> str | None:
    c = t.customers.c
    # in the caller's transaction: a request that needs two connections can wait for itself
    return connection.execute(
        select(c.external_key).where(c.id == (principal.customer or ""))
    ).scalar()
