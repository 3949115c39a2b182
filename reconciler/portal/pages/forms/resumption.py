"""Forms of people whose session ended: carried through the log-in and shown again, never sent.

The log-in page holds the fields as a signed text. After the log-in of the same person, a page sends
them to the form's own address with the field `resumed`, and `PageContext.submit` shows the form.
Passwords are not carried, and neither are files: scripts store them when they are chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from fastapi import Request, Response
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from reconciler.portal.actions.mails import digest_of
from reconciler.portal.pages.context import PageContext, csrf_of
from reconciler.portal.pages.forms.form import MAX_FIELDS, RESUMED, csrf_token_of
from reconciler.portal.pages.forms.multipart_parsing import read_typed_fields
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.web.body_budget import BodyAccount, body_account_of, set_body_account
from reconciler.portal.web.csrf import CsrfProtection, ExpiredForm
from reconciler.portal.web.security import store_of

# The longest signed text: the body of a log-in has at most 16 KiB.
_MAX_LENGTH: Final = 12 * 1024
_UNTYPED_FIELDS: Final = frozenset({"mark", "once", "version", "username", RESUMED})
_SECRET_FIELDS: Final = frozenset({"password", "repeat", "old"})
# Forms that lead to another page whatever they hold.
_SWITCHES: Final = frozenset({"/language", "/login", "/logout"})
_SCOPE_KEY: Final = "portal.ended_form"


@dataclass(frozen=True, slots=True)
class EndedForm:
    """A form that was not carried out: its address, its encoding, its fields, its person."""

    action: str
    is_multipart: bool
    values: Mapping[str, list[str]]
    person: str | None


async def keep_ended_form(request: Request) -> None:
    """Read the form of a person whose session has ended, for the page that answers it."""
    if request.method != "POST" or request.url.path in _SWITCHES:
        return
    person = await run_in_threadpool(_person_of_ended_session, request)
    if person is None:
        return
    try:
        with BodyAccount(request.app.state.body_budget, None, "") as account:
            set_body_account(request.scope, account)
            values = await _read_fields(request)
        csrf_of(request).check_form(request, csrf_token_of(values))
    except (Problem, ValueError):
        return  # it is larger than a body without a session, or not from our pages
    request.scope[_SCOPE_KEY] = _ended_form(request, values, person)


def kept_form(request: Request, problem: Problem) -> EndedForm | None:
    """Return the form of this request if it holds anything typed; else None."""
    form: EndedForm | None = request.scope.get(_SCOPE_KEY)
    if isinstance(problem, ExpiredForm) and request.url.path not in _SWITCHES:
        form = _ended_form(request, problem.values, None)
    return form if form and form.values.keys() - _UNTYPED_FIELDS else None


def _ended_form(
    request: Request, values: Mapping[str, list[str]], person: str | None
) -> EndedForm:
    kind = request.headers.get("content-type", "")
    fields = {name: texts for name, texts in values.items() if name not in _SECRET_FIELDS}
    is_multipart = kind.startswith("multipart/form-data")
    return EndedForm(request.url.path, is_multipart, fields, person)


def _person_of_ended_session(request: Request) -> str | None:
    """Return the person of the session cookie; its session may have ended, but is still stored."""
    secret = request.cookies.get(csrf_of(request).session_cookie)
    c = t.sessions.c
    with store_of(request).read() as connection:
        row = connection.execute(
            select(c.contact, c.staff).where(c.digest == digest_of(secret or ""))
        ).first()
    return (row.contact or row.staff) if row else None


async def _read_fields(request: Request) -> Mapping[str, list[str]]:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await read_typed_fields(request)
    body, account = bytearray(), body_account_of(request)
    async for part in request.stream():
        account.add(len(part))
        body += part
    return parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FIELDS)


def seal(csrf: CsrfProtection, form: EndedForm) -> str:
    """Return the form as a signed text for the log-in page; empty if it is too long."""
    fields = {
        "action": form.action,
        "is_multipart": form.is_multipart,
        "values": dict(form.values),
        "person": form.person,
    }
    text = _serializer(csrf).dumps(fields)
    return text if len(text) <= _MAX_LENGTH else ""


def unseal(csrf: CsrfProtection, text: str, person: str) -> EndedForm | None:
    """Return the form that `seal` signed; None if it is not one of this person."""
    try:
        form = EndedForm(**_serializer(csrf).loads(text))
    except BadData:
        return None
    return form if form.person == person else None


def _serializer(csrf: CsrfProtection) -> URLSafeSerializer:
    return URLSafeSerializer(csrf.secret, salt="ended form")


def resumption_page(
    context: PageContext,
    form: EndedForm,
    status: int = 200,
    *,
    csrf_token: str | None = None,
) -> Response:
    """Return the page that leads back to the form; `csrf_token` is that of a new session."""
    return context.render(
        "access/resumption.html",
        status,
        csrf_token=csrf_token or context.csrf.token(context.request),
        action=form.action,
        is_multipart=form.is_multipart,
        fields=[
            (name, text)
            for name, texts in form.values.items()
            if name not in {"mark", "once", RESUMED}
            for text in texts
        ],
    )
