"""The one exception by which the portal says no, and every reason that it knows.

A `Problem` becomes `application/problem+json` at the edge (`api`); nothing else is ever answered
for what a caller did wrong.
"""

from __future__ import annotations

from typing import Any, Final

STATUS: Final = {
    "malformed": 400, "idempotency-key-required": 400, "unauthenticated": 401, "forbidden": 403, "not-found": 404,
    "method-not-allowed": 405, "too-slow": 408, "lease-held": 409, "lease-fenced": 409, "address-taken": 409, "name-taken": 409,
    "key-taken": 409, "no-heir": 409, "heir-may-not-hold-work": 409, "open-requests": 409, "in-use": 409,
    "protected": 409, "last-manager": 409, "last-administrator": 409, "other-owner": 409, "registration-changed": 409,
    "registration-gone": 409, "not-restorable": 409, "wrong-state": 409, "gone": 410, "stale": 412, "too-large": 413,
    "unsupported-media-type": 415, "unprocessable": 422, "idempotency-key-reused": 422,
    "precondition-required": 428, "rate-limited": 429, "head-too-large": 431, "internal": 500, "unavailable": 503,
}  # fmt: skip
"""The HTTP status of every type of problem."""


class Problem(Exception):
    """A reason to say no: its `type` (one of `STATUS`), a sentence, and members that go with it."""

    def __init__(self, type: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.type = type
        self.detail = detail
        self.members = members

    @property
    def status(self) -> int:
        return STATUS[self.type]
