"""Marks by which the portal knows its own forms, so that no other site can send them for a visitor.

A form carries a keyed hash of the visitor's session, or of a random cookie before log-in. The key
lies in the database: every server process has the same.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from reconciler.portal.rules.problems import Problem

FORM_COOKIE: Final = "portal_form"
DONE_COOKIE: Final = "portal_done"
DONE_S: Final = 60
"""How long a message waits for the page that shows it."""


@dataclass(frozen=True)
class Marks:
    """The portal's secret, and whether people reach it over https."""

    secret: str
    base_url: str

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https:")

    @property
    def session_cookie(self) -> str:
        """`__Host-` binds the cookie to this very host; browsers take it over https only."""
        return self.bound("portal")

    def bound(self, name: str) -> str:
        """The name of a cookie that browsers send to this very host only, where people come over https."""
        return f"__Host-{name}" if self.secure else name

    def keep(self, response: Response, name: str, value: str, max_age: int | None = None) -> None:
        """Let the browser keep a cookie that no script reads and no other site's form brings along."""
        response.set_cookie(name, value, max_age, path="/", httponly=True, samesite="lax", secure=self.secure)

    def drop(self, response: Response, name: str) -> None:
        """Let the browser forget a cookie."""
        response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=self.secure)

    def mark(self, request: Request) -> str:
        """The mark of forms that this visitor gets."""
        seed = request.cookies.get(self.session_cookie) or _form_seed(request)
        return hmac.new(self.secret.encode(), f"form:{seed}".encode(), hashlib.sha256).hexdigest()

    def remember_form(self, request: Request, response: Response) -> None:
        """Give an anonymous visitor the cookie that her forms are marked with."""
        if FORM_COOKIE not in request.cookies:
            self.keep(response, FORM_COOKIE, _form_seed(request))

    def tell_next(self, response: Response, done: str) -> None:
        """Let the page that the visitor sees next begin with the sentence `done.…`."""
        self.keep(response, DONE_COOKIE, done, DONE_S)

    def was_told(self, request: Request, response: Response) -> None:
        """The message has been shown: the page that comes after this one does not repeat it."""
        if DONE_COOKIE in request.cookies:
            self.drop(response, DONE_COOKIE)

    def must_be_ours(self, request: Request, mark: str) -> None:
        """A `forbidden` problem unless the form was made for this visitor and sent from our own pages."""
        origin = request.headers.get("origin")
        foreign = request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
        if foreign or (origin is not None and not self._own(origin, request)):
            raise Problem("forbidden", "this form was sent from another site")
        if not hmac.compare_digest(mark.encode(), self.mark(request).encode()):
            raise Problem("forbidden", "this form is too old or not ours: open the page again")

    def _own(self, origin: str, request: Request) -> bool:
        host = request.headers.get("host", "")
        return origin in {self.base_url.rstrip("/"), f"http://{host}", f"https://{host}"}


def _form_seed(request: Request) -> str:
    """The value of the form cookie, made anew for a visitor who has none yet; the same for one request."""
    known = request.cookies.get(FORM_COOKIE)
    if known:
        return known
    if not hasattr(request.state, "form_seed"):
        request.state.form_seed = secrets.token_urlsafe(18)
    seed: str = request.state.form_seed
    return seed
