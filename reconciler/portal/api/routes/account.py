"""One's own account: who is logged in, her name, language and password. Another address is an administrator's act."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import select

from reconciler.portal.actions import access
from reconciler.portal.api.router import api_router
from reconciler.portal.api.routes.staff import staff_as_json
from reconciler.portal.api.schemas.access import ChangedAccount, NewPassword, Session, Staff
from reconciler.portal.api.schemas.resources import Contact
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.policy import Grant
from reconciler.portal.rules.principals import Principal
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work
from reconciler.portal.web.idempotency import WriteResult, body_of, require_version, row_result, write
from reconciler.portal.web.responses import answer
from reconciler.portal.web.security import host_of, requires, store_of
from reconciler.portal.web.serialization import as_json, etag

router = api_router("/account", tag="access")
Reads = Annotated[Grant, requires("account.read")]
Writes = Annotated[Grant, requires("account.write")]


@router.get("", response_model=Contact | Staff)
def read_account(request: Request, grant: Reads) -> Response:
    """Who is logged in."""
    who = grant.principal
    table, id = (t.contacts, who.contact) if who.contact else (t.staff, who.staff)
    with store_of(request).read() as connection:
        row: Any = connection.execute(select(table).where(table.c.id == id)).mappings().one()
        key = _customer_key(request, who)
    return answer(_shown(row, who, key), headers={"ETag": etag(row["version"])})


@router.patch("", response_model=Contact | Staff)
def change_account(
    request: Request, fields: ChangedAccount, body: Annotated[bytes, Depends(body_of)], grant: Writes
) -> Response:
    """Another name or language."""

    def act(work: Work) -> WriteResult:
        require_version(request, access.own_row(work, grant.principal))
        row, audited = access.edit_own_row(work, grant.principal, fields.sent_fields())
        work.audit(Verb.ACCOUNT, row, *audited)
        return row_result(200, _shown(row.values, grant.principal, _customer_key(request, grant.principal)))

    return write(request, grant, body, act)


@router.put("/password", response_model=Session)
def change_password(request: Request, passwords: NewPassword, grant: Writes) -> Response:
    """Another password for whoever knows the old one: all sessions end, and the one in the answer begins."""
    session = access.change_password(
        store_of(request), grant.principal, passwords.old, passwords.new, host_of(request)
    )  # fmt: skip
    return answer(session)


def _shown(row: Any, who: Principal, key: str | None) -> dict[str, Any]:
    return as_json("contact", row, {who.customer or "": key}) if who.contact else staff_as_json(row)


def _customer_key(request: Request, who: Principal) -> str | None:
    c = t.customers.c
    with store_of(request).read() as connection:
        return connection.execute(select(c.external_key).where(c.id == (who.customer or ""))).scalar()
