"""The one exception by which the portal refuses a call, and the types of problems.

The web layer turns a `Problem` into `application/problem+json`; callers get no other answer for
their mistakes.
"""

from __future__ import annotations

from typing import Any, Final

# The HTTP status of each type of problem.
STATUS: Final = {
    "malformed": 400,
    "idempotency-key-required": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "too-slow": 408,
    "lease-held": 409,
    "lease-fenced": 409,
    "lease-ended": 409,
    "address-taken": 409,
    "name-taken": 409,
    "key-taken": 409,
    "no-heir": 409,
    "heir-may-not-hold-work": 409,
    "open-requests": 409,
    "in-use": 409,
    "protected": 409,
    "last-manager": 409,
    "last-administrator": 409,
    "other-owner": 409,
    "registration-changed": 409,
    "registration-gone": 409,
    "not-restorable": 409,
    "wrong-state": 409,
    "gone": 410,
    "stale": 412,
    "too-large": 413,
    "unsupported-media-type": 415,
    "unprocessable": 422,
    "idempotency-key-reused": 422,
    "precondition-required": 428,
    "rate-limited": 429,
    "head-too-large": 431,
    "internal": 500,
    "unavailable": 503,
}


class Problem(Exception):
    """A refusal: its `type` (one of `STATUS`), a sentence, and members with details."""

    def __init__(self, type: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.type = type
        self.detail = detail
        self.members = members

    @property
    def status(self) -> int:
        return STATUS[self.type]
