"""The table of all forms of the pages, and of the way back from an identity provider: each with a state to begin in.

Most forms carry out the acts of the API by the same unit of work. They are killed all the same: what goes on
around an act (a session that ends, files that come with a form) is the page's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import httpx

from tests.portal.accounts import OTHER, PASSWORD
from tests.portal.every_write import RITA, TRIED, TRIED_AT_HOME, Maker, log_in
from tests.portal.writes import Ground, Write, cookies

CAME: Final = {"the form's file is an upload of its own": {"files": (0, 1)}}
"""Files that came whole are kept even when the form is wrong (`pages.forms.multipart`); what no form takes is forgotten."""
TEXT: Final = b"Ten small words stand here in one line of text.\n"


def _at_request(at: Ground, row: dict[str, Any], visitor: str, /, **more: Any) -> Write:
    return at.form(visitor, f"/requests/{row['id']}", row, **more)


def _at_contact(at: Ground, row: dict[str, Any], visitor: str = "ada", /, **more: Any) -> Write:
    base = "/admin/contacts" if visitor == "ada" else "/team"
    return at.form(visitor, f"{base}/{row['id']}", row, **more)


def _at_customer(at: Ground, row: dict[str, Any], **more: Any) -> Write:
    return at.form("ada", f"/admin/customers/{row['id']}", row, **more)


def _at_staff(at: Ground, **fields: Any) -> Write:
    row = at.colleague()
    return at.form("ada", f"/admin/staff/{row['id']}", row, **fields)


def _at_mail(at: Ground, row: dict[str, Any]) -> Write:
    return at.form("ada", f"/admin/outbox/{row['id']}", row)


def _at_service(at: Ground, row: dict[str, Any], **fields: Any) -> Write:
    return at.form("ada", f"/admin/services/{row['id']}", row, **fields)


def _busy(at: Ground) -> dict[str, Any]:
    """Tom, who has open work."""
    at.sent("tom")
    return at.contact("tom")


def _send(at: Ground) -> Write:
    order: dict[str, Any] = {
        "title": "Leaflet", "order": "certified|automatic_quote", "source_language": "en", "target_languages": "de, fr",
    }  # fmt: skip
    return at.form("jane", "/requests/new", files=[("files", ("leaflet.txt", TEXT))], between=CAME, **order)


def _store_files(at: Ground) -> Write:
    reader = at.visitor("jane")
    reader.open("/requests/new")
    hidden = {
        name: values[0] for name, values in reader.form_to("/requests").values.items() if name in {"mark", "once"}
    }
    return Write("POST", "/uploads", cookies(reader), {"data": hidden, "files": [("files", ("leaflet.txt", TEXT))]})


def _deliver(at: Ground) -> Write:
    return _at_request(at, at.accepted(), "pm", files=[("files_de", ("Blatt.txt", TEXT))], between=CAME)


def _log_in(at: Ground) -> Write:
    """In a browser that has a session already, which ends when the new one is there."""
    email, reader = at.known(), at.visitor("jane")
    reader.open("/account")
    typed = {**reader.form_to("/logout").values, "email": email, "password": PASSWORD}
    between = {**TRIED, "the old session lives until the new one is there": {"sessions": (0, 1)}}
    return Write("POST", "/login", cookies(reader), {"data": typed}, between=between)


def _log_out(at: Ground) -> Write:
    return _unkeyed(at.form("jane", "/account"))


def _unkeyed(write: Write) -> Write:
    """Forms that begin or end a session are not recorded: sent again, they do so again."""
    write.key = None
    return write


def _change_password(at: Ground) -> Write:
    email = at.known()
    write = _unkeyed(at.form("jane", "/account", old=PASSWORD, password=OTHER, repeat=OTHER, between=TRIED_AT_HOME))
    write.again, write.afresh = (401,), lambda: log_in(email, OTHER)
    return write


def _behind_link(at: Ground, row: dict[str, Any], **more: Any) -> Write:
    return at.form("", at.path(row), row, **more)


def _come_back(at: Ground) -> Write:
    """From the identity provider, as somebody who was invited; its answer proves something once."""
    at.provider.email = at.invited()["email"]
    return _journey(at)


def _journey(at: Ground) -> Write:
    reader = at.visitor()
    away = reader.get("/login/sign-on", follow_redirects=False)
    back = httpx.get(away.headers["location"]).headers["location"]
    path = back.removeprefix("http://127.0.0.1:8000")
    between = {"who came back is counted": {"attempts": (0, 1)}}
    return Write("GET", path, cookies(reader), between=between, again=(403,), afresh=lambda: _journey(at))


FORMS: Final[Mapping[str, Maker]] = {
    "POST /login": _log_in,
    "GET /login/sign-on/back": _come_back,
    "POST /logout": _log_out,
    "POST /sign-up": lambda at: at.form("", "/sign-up", **RITA),
    "POST /confirm/{secret}": lambda at: _behind_link(at, at.confirmation()),
    "POST /activate/{secret}": lambda at: _behind_link(at, at.activation(), password=PASSWORD, repeat=PASSWORD),
    "POST /reset": lambda at: at.form("", "/reset", email=at.known()),
    "POST /reset/{secret}": lambda at: _behind_link(at, at.reset(), password=OTHER, repeat=OTHER),
    "POST /account": lambda at: at.form("jane", "/account", name="Jane Doe"),
    "POST /account/password": _change_password,
    "POST /account/log-out": lambda at: at.form("jane", "/account", again=(401,)),
    "POST /admin/staff": lambda at: at.form("ada", "/admin/staff/new", name="Max", email="max@provider.example"),
    "POST /admin/staff/{id}": lambda at: _at_staff(at, name="Maxi"),
    "POST /admin/staff/{id}/resend": _at_staff,
    "POST /admin/staff/{id}/remove": _at_staff,
    "POST /admin/outbox/{id}/retry": lambda at: _at_mail(at, at.dead_letter()),
    "POST /requests": _send,
    "POST /uploads": _store_files,
    "POST /requests/{id}/accept": lambda at: _at_request(at, at.quoted(), "jane"),
    "POST /requests/{id}/decline": lambda at: _at_request(at, at.quoted(), "jane", reason="too dear"),
    "POST /requests/{id}/approve": lambda at: _at_request(at, at.sent(), "pm", words="12"),
    "POST /requests/{id}/revive": lambda at: _at_request(at, at.cancelled(), "pm"),
    "POST /requests/{id}/reject": lambda at: _at_request(at, at.sent(), "pm", reason="too late"),
    "POST /requests/{id}/cancel": lambda at: _at_request(at, at.quoted(), "pm", reason="too late"),
    "POST /requests/{id}/progress": lambda at: _at_request(at, at.accepted(), "pm", progress="60"),
    "POST /requests/{id}/deliver": _deliver,
    "POST /requests/{id}/reassign": lambda at: _at_request(at, at.quoted(), "mara", heir=at.office.ids["tom"]),
    "POST /team/{id}": lambda at: _at_contact(at, at.contact("olga"), "mara", role="manager"),
    "POST /team/{id}/reassign": lambda at: _at_contact(at, _busy(at), "mara", heir=at.office.ids["jane"]),
    "POST /team/{id}/remove": lambda at: _at_contact(at, _busy(at), "mara", heir=at.office.ids["jane"]),
    "POST /admin/contacts": lambda at: at.form("ada", f"/admin/contacts/new?customer={at.office.home['id']}", **RITA),
    "POST /admin/contacts/{id}": lambda at: _at_contact(at, at.contact("tom"), email="new@acme.example"),
    "POST /admin/contacts/{id}/reassign": lambda at: _at_contact(at, _busy(at), heir=at.office.ids["jane"]),
    "POST /admin/contacts/{id}/remove": lambda at: _at_contact(at, _busy(at), heir=at.office.ids["jane"]),
    "POST /admin/contacts/{id}/approve": lambda at: _at_contact(at, at.registered()),
    "POST /admin/contacts/{id}/reject": lambda at: _at_contact(at, at.registered(), why="ask your manager"),
    "POST /admin/contacts/{id}/restore": lambda at: _at_contact(at, at.removed()),
    "POST /admin/contacts/{id}/resend": lambda at: _at_contact(at, at.invited()),
    "POST /admin/contacts/{id}/erase": lambda at: _at_contact(at, at.removed()),
    "POST /admin/customers": lambda at: at.form("ada", "/admin/customers/new", name="Gamma"),
    "POST /admin/customers/{id}": lambda at: _at_customer(at, at.home(), language="fr"),
    "POST /admin/customers/{id}/archive": lambda at: _at_customer(at, at.home()),
    "POST /admin/customers/{id}/restore": lambda at: _at_customer(at, at.archived()),
    "POST /admin/customers/{id}/renew-code": lambda at: _at_customer(at, at.home()),
    "POST /admin/customers/{id}/withdraw-code": lambda at: _at_customer(at, at.with_code()),
    "POST /admin/services": lambda at: at.form("ada", "/admin/services/new", code="express", name="Express"),
    "POST /admin/services/{id}": lambda at: _at_service(at, at.service(), description="By tomorrow"),
    "POST /admin/services/{id}/remove": lambda at: _at_service(at, at.service()),
    "POST /admin/settings": lambda at: at.form("ada", "/admin/settings", sign_up="open"),
    "POST /admin/settings/name": lambda at: at.form("ada", "/admin/settings", portal_name="Quist Languages"),
}  # fmt: skip
