"""Tokens that prove that a form comes from our own pages, so that no other site can submit it.

The token is a keyed hash of the visitor's session, or of a random cookie before log-in. The key is
in the database, so all server processes share it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from reconciler.portal.rules.problems import Problem

FORM_COOKIE: Final = "portal_form"
MESSAGE_COOKIE: Final = "portal_done"
# How long a message waits for the page that shows it.
MESSAGE_S: Final = 60


class ExpiredForm(Problem):
    """A form of our own pages whose token belongs to an earlier session of this browser.

    `values` are its fields, so that a page can show the form again.
    """

    def __init__(self, values: Mapping[str, list[str]] | None = None) -> None:
        super().__init__("forbidden", "this form has expired; open the page again")
        self.values = values or {}


@dataclass(frozen=True)
class CsrfProtection:
    """The portal's secret, and whether people reach the portal over https."""

    secret: str
    base_url: str

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https:")

    @property
    def session_cookie(self) -> str:
        """The name of the session cookie."""
        return self.host_cookie("portal")

    def host_cookie(self, name: str) -> str:
        """Return the cookie's name; over https, `__Host-` binds it to this host."""
        return f"__Host-{name}" if self.secure else name

    def set_cookie(
        self, response: Response, name: str, value: str, max_age: int | None = None
    ) -> None:
        """Set a cookie that scripts cannot read and that other sites' forms do not send."""
        response.set_cookie(
            name,
            value,
            max_age,
            path="/",
            httponly=True,
            samesite="lax",
            secure=self.secure,
        )

    def delete_cookie(self, response: Response, name: str) -> None:
        """Delete a cookie."""
        response.delete_cookie(
            name, path="/", httponly=True, samesite="lax", secure=self.secure
        )

    def token(self, request: Request) -> str:
        """Return the token of this visitor's forms."""
        session = request.cookies.get(self.session_cookie)
        return self.token_of_session(session or _form_seed(request))

    def token_of_session(self, seed: str) -> str:
        """Return the token of the forms of a session, or of a visitor with this form cookie."""
        return hmac.new(
            self.secret.encode(), f"form:{seed}".encode(), hashlib.sha256
        ).hexdigest()

    def set_form_cookie(self, request: Request, response: Response) -> None:
        """Give an anonymous visitor the cookie that their forms' token is derived from."""
        if FORM_COOKIE not in request.cookies:
            self.set_cookie(response, FORM_COOKIE, _form_seed(request))

    def set_message(self, response: Response, message: str) -> None:
        """Make the next page begin with the message `done.…`."""
        self.set_cookie(response, MESSAGE_COOKIE, message, MESSAGE_S)

    def clear_message(self, request: Request, response: Response) -> None:
        """Delete the message after it was shown."""
        if MESSAGE_COOKIE in request.cookies:
            self.delete_cookie(response, MESSAGE_COOKIE)

    def check_form(self, request: Request, token: str) -> None:
        """Raise a `forbidden` problem unless the form comes from our pages and this visitor.

        It is `ExpiredForm` if the browser says that the form comes from our pages.
        """
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
        is_foreign = site not in {None, "same-origin", "none"}
        if is_foreign or (origin is not None and not self._own(origin, request)):
            raise Problem("forbidden", "this form was sent from another site")
        if not hmac.compare_digest(token.encode(), self.token(request).encode()):
            if origin is None and site != "same-origin":
                raise Problem("forbidden", "this form has expired; open the page again")
            raise ExpiredForm

    def _own(self, origin: str, request: Request) -> bool:
        host = request.headers.get("host", "")
        return origin in {self.base_url.rstrip("/"), f"http://{host}", f"https://{host}"}


def _form_seed(request: Request) -> str:
    """Return the value of the form cookie; a new visitor gets one new value per request."""
    seed_cookie = request.cookies.get(FORM_COOKIE)
    if seed_cookie:
        return seed_cookie
    if not hasattr(request.state, "form_seed"):
        request.state.form_seed = secrets.token_urlsafe(18)
    seed: str = request.state.form_seed
    return seed
