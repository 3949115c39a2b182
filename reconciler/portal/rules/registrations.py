"""The fingerprint of a registration: exactly what a reviewer approved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def fingerprint(contact: Mapping[str, Any], customer_name: str | None) -> str:
    """Return `sha256:` and the hash of customer, address, name, role and language as JSON."""
    meaning = {
        "customer": customer_name,
        "email": contact["email"],
        "language": contact["language"],
        "name": contact["name"],
        "role": contact["role"],
    }
    text = json.dumps(meaning, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
