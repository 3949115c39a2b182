"""DOMAIN's table of who may do what, written down once more: what the portal is held against.

It does not look at the portal's own table. `CELLS` says for every capability and every actor with
whose things it may be used; `ROUTES` says which capability every route and page needs.
"""

from __future__ import annotations

from typing import Final

ACTORS: Final = (
    "anonymous", "removed", "registrant", "requester", "observer", "manager", "project_manager", "administrator",
    "read", "apply", "admin",
)  # fmt: skip
PEOPLE: Final = ("requester", "observer", "manager", "project_manager", "administrator")
TOKENS: Final = ("read", "apply", "admin")
EVERYWHERE: Final = frozenset({"mine", "own", "other"})
SEEN: Final = {
    "requester": frozenset({"mine"}), "observer": frozenset({"mine", "own"}), "manager": frozenset({"mine", "own"}),
    "project_manager": frozenset({"mine", "own"}), "administrator": EVERYWHERE,
}  # fmt: skip
"""`mine`: the actor's own thing. `own`: of her customer (for a project manager: of a customer of his). `other`: neither."""


def _everywhere(*actors: str) -> dict[str, frozenset[str]]:
    return dict.fromkeys(actors, EVERYWHERE)


_TEAM: Final = {"manager": frozenset({"own"}), **_everywhere("administrator", "admin")}
_ADMINISTRATION: Final = _everywhere("administrator", "admin")

CELLS: Final[dict[str, dict[str, frozenset[str]]]] = {
    "open to everybody": _everywhere(*ACTORS),
    "own account": _everywhere(*PEOPLE),
    "send a request": {"requester": frozenset({"mine"}), "manager": frozenset({"mine"}), "admin": EVERYWHERE},
    "upload": _everywhere("requester", "manager", "project_manager", "administrator", "admin"),
    "see requests": {**SEEN, **_everywhere(*TOKENS)},
    "accept, reject a quote": {"requester": frozenset({"mine"}), "manager": frozenset({"mine", "own"}), "admin": EVERYWHERE},
    "download": {**SEEN, "admin": EVERYWHERE},
    "statistics": {**SEEN, **_everywhere(*TOKENS)},
    "run requests": {"project_manager": frozenset({"mine", "own"}), **_everywhere("administrator", "admin")},
    "see the team": {"manager": frozenset({"mine", "own"}), **_everywhere("administrator", *TOKENS)},
    "the manager's team page": {"manager": frozenset({"mine", "own"})},
    "edit, remove, reassign others": _TEAM,
    "administer": _ADMINISTRATION,
    "read administration": {**_ADMINISTRATION, **_everywhere("read", "apply")},
    "read by programs": _everywhere(*TOKENS),
    "apply": _everywhere("apply", "admin"),
}  # fmt: skip

ROUTES: Final[dict[tuple[str, str], str]] = {
    ("GET", "/healthz"): "open to everybody",
    ("GET", "/api/v1/openapi.json"): "open to everybody",
    ("GET", "/api/v1/meta"): "read by programs",
    ("GET", "/api/v1/snapshot"): "read by programs",
    ("GET", "/api/v1/changes"): "read administration",
    ("POST", "/api/v1/leases"): "apply",
    ("PUT", "/api/v1/leases/{id}"): "apply",
    ("DELETE", "/api/v1/leases/{id}"): "apply",
    ("POST", "/api/v1/batches"): "apply",
    ("GET", "/api/v1/settings"): "read administration",
    ("PATCH", "/api/v1/settings"): "administer",
    ("GET", "/api/v1/services"): "read administration",
    ("POST", "/api/v1/services"): "administer",
    ("GET", "/api/v1/services/{id}"): "read administration",
    ("PATCH", "/api/v1/services/{id}"): "administer",
    ("DELETE", "/api/v1/services/{id}"): "administer",
    ("GET", "/api/v1/customers"): "read administration",
    ("POST", "/api/v1/customers"): "administer",
    ("GET", "/api/v1/customers/{id}"): "read administration",
    ("PATCH", "/api/v1/customers/{id}"): "administer",
    ("POST", "/api/v1/customers/{id}/{action}"): "administer",
    ("GET", "/api/v1/contacts"): "see the team",
    ("POST", "/api/v1/contacts"): "administer",
    ("GET", "/api/v1/contacts/{id}"): "see the team",
    ("PATCH", "/api/v1/contacts/{id}"): "edit, remove, reassign others",
    ("DELETE", "/api/v1/contacts/{id}"): "edit, remove, reassign others",
    ("POST", "/api/v1/contacts/{id}/offboard"): "edit, remove, reassign others",
    ("POST", "/api/v1/contacts/{id}/hand-over"): "edit, remove, reassign others",
    ("POST", "/api/v1/contacts/{id}/approve"): "administer",
    ("POST", "/api/v1/contacts/{id}/reject"): "administer",
    ("POST", "/api/v1/contacts/{id}/{action}"): "administer",
    ("GET", "/api/v1/requests"): "see requests",
    ("POST", "/api/v1/requests"): "send a request",
    ("GET", "/api/v1/requests/{id}"): "see requests",
    ("PATCH", "/api/v1/requests/{id}"): "run requests",
    ("POST", "/api/v1/requests/{id}/approve"): "run requests",
    ("POST", "/api/v1/requests/{id}/reject"): "run requests",
    ("POST", "/api/v1/requests/{id}/cancel"): "run requests",
    ("POST", "/api/v1/requests/{id}/revive"): "run requests",
    ("POST", "/api/v1/requests/{id}/progress"): "run requests",
    ("POST", "/api/v1/requests/{id}/deliver"): "run requests",
    ("POST", "/api/v1/requests/{id}/accept"): "accept, reject a quote",
    ("POST", "/api/v1/requests/{id}/decline"): "accept, reject a quote",
    ("POST", "/api/v1/requests/{id}/reassign"): "edit, remove, reassign others",
    ("GET", "/api/v1/requests/{id}/files"): "see requests",
    ("GET", "/api/v1/requests/{id}/files.zip"): "download",
    ("GET", "/api/v1/requests/{id}/files/{file}"): "download",
    ("POST", "/api/v1/uploads"): "upload",
    ("GET", "/api/v1/statistics"): "statistics",
    ("GET", "/api/v1/statistics.csv"): "statistics",
    ("GET", "/api/v1/outbox"): "administer",
    ("POST", "/api/v1/activations"): "open to everybody",
    ("POST", "/api/v1/sessions"): "open to everybody",
    ("DELETE", "/api/v1/sessions/{id}"): "own account",
    ("GET", "/api/v1/account"): "own account",
    ("GET", "/"): "open to everybody",
    ("GET", "/static/{name}"): "open to everybody",
    ("GET", "/branding.css"): "open to everybody",
    ("POST", "/language"): "open to everybody",
    ("GET", "/requests"): "see requests",
    ("GET", "/requests/new"): "send a request",
    ("POST", "/requests"): "send a request",
    ("GET", "/requests/{id}"): "see requests",
    ("POST", "/requests/{id}/accept"): "accept, reject a quote",
    ("POST", "/requests/{id}/decline"): "accept, reject a quote",
    ("POST", "/requests/{id}/approve"): "run requests",
    ("POST", "/requests/{id}/revive"): "run requests",
    ("POST", "/requests/{id}/reject"): "run requests",
    ("POST", "/requests/{id}/cancel"): "run requests",
    ("POST", "/requests/{id}/progress"): "run requests",
    ("POST", "/requests/{id}/deliver"): "run requests",
    ("POST", "/requests/{id}/reassign"): "edit, remove, reassign others",
    ("GET", "/requests/{id}/files.zip"): "download",
    ("GET", "/requests/{id}/files/{file}"): "download",
    ("GET", "/statistics"): "statistics",
    ("GET", "/statistics.csv"): "statistics",
    ("GET", "/team"): "the manager's team page",
    ("GET", "/team/{id}"): "edit, remove, reassign others",
    ("POST", "/team/{id}"): "edit, remove, reassign others",
    ("POST", "/team/{id}/reassign"): "edit, remove, reassign others",
    ("POST", "/team/{id}/remove"): "edit, remove, reassign others",
    ("GET", "/admin/contacts"): "administer",
    ("GET", "/admin/contacts/new"): "administer",
    ("POST", "/admin/contacts"): "administer",
    ("GET", "/admin/contacts/{id}"): "administer",
    ("POST", "/admin/contacts/{id}"): "edit, remove, reassign others",
    ("POST", "/admin/contacts/{id}/reassign"): "edit, remove, reassign others",
    ("POST", "/admin/contacts/{id}/remove"): "edit, remove, reassign others",
    ("POST", "/admin/contacts/{id}/approve"): "administer",
    ("POST", "/admin/contacts/{id}/reject"): "administer",
    ("POST", "/admin/contacts/{id}/{action}"): "administer",
    ("GET", "/admin/customers"): "administer",
    ("GET", "/admin/customers/new"): "administer",
    ("POST", "/admin/customers"): "administer",
    ("GET", "/admin/customers/{id}"): "administer",
    ("POST", "/admin/customers/{id}"): "administer",
    ("POST", "/admin/customers/{id}/{action}"): "administer",
    ("GET", "/admin/services"): "administer",
    ("GET", "/admin/services/new"): "administer",
    ("POST", "/admin/services"): "administer",
    ("GET", "/admin/services/{id}"): "administer",
    ("POST", "/admin/services/{id}"): "administer",
    ("POST", "/admin/services/{id}/remove"): "administer",
    ("GET", "/admin/settings"): "administer",
    ("POST", "/admin/settings"): "administer",
    ("GET", "/admin/outbox"): "administer",
    ("GET", "/admin/outbox/{id}"): "administer",
    ("GET", "/admin/history"): "administer",
    ("GET", "/admin/usage"): "administer",
}  # fmt: skip
