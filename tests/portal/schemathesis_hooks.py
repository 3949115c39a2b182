"""What schemathesis cannot know from a document: keys are used once, cursors come from answers."""

from __future__ import annotations

import itertools
import re
import secrets
from typing import Any

import schemathesis

_VALID_KEY = re.compile(r"[!-~]{8,200}")
_run = secrets.token_hex(4)
_numbers = itertools.count()


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """In what is meant to be accepted, keys and ids of leases are new, and a cursor is left out."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if _VALID_KEY.fullmatch(str((case.headers or {}).get("Idempotency-Key", ""))):
        case.headers["Idempotency-Key"] = f"{_run}-{next(_numbers):08}"
    if isinstance(case.body, dict) and str(case.body.get("id", "")).startswith("lea_"):
        case.body["id"] = f"lea_{secrets.token_hex(16)}"
    cursor = (case.query or {}).get("cursor")
    if isinstance(cursor, str) and len(cursor) <= 200:
        del case.query["cursor"]
