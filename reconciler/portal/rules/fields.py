"""Writable fields of every kind of row, their defaults, and how a merge patch changes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Row = dict[str, Any]

DEFAULTS: Final[Mapping[str, Row]] = {
    "settings": {
        "sign_up": "approval_required",
        "languages": {"source": [], "target": []},
        "offers": {"expire_after_days": 30},
        "branding": {"primary_color": None, "logo": None},
        "activation": {"expire_after_days": 14},
    },
    "service": {
        "code": None, "name": None, "description": None, "template": None, "workflows": ["pm_quote_manual"],
        "available_to_all": False, "price": None,
    },
    "customer": {
        "name": None, "description": None, "language": "en", "project_managers": [], "services": [],
        "email_domains": [], "protected": False,
    },
    "contact": {
        "name": None, "email": None, "role": None, "services": "all", "language": None, "protected": False,
    },
}  # fmt: skip
"""What a new row has where the caller is silent; the names are the writable fields of its kind."""

_SETS: Final = frozenset({"project_managers", "services", "email_domains", "workflows"})


def patched(row: Mapping[str, Any], patch: Mapping[str, Any], kind: str) -> Row:
    """The writable fields that the merge patch changes, with their new values.

    RFC 7396 one level down for the nested ones; `null` puts the default back. Lists that are sets are
    kept sorted and without repeats, so that equal sets are equal values.
    """
    defaults = DEFAULTS[kind]
    changed = {}
    for name, value in patch.items():
        new = _value(row.get(name), value, defaults[name], name)
        if new != row.get(name):
            changed[name] = new
    return changed


def _value(before: Any, patch: Any, default: Any, name: str) -> Any:
    if patch is None:
        return default
    if isinstance(patch, dict):
        merged = {**(before if isinstance(before, dict) else default or {}), **patch}
        nested = default if isinstance(default, dict) else {}
        merged = {key: nested.get(key) if value is None else value for key, value in merged.items()}
        return {key: _sorted(value) for key, value in merged.items()}
    return _sorted(patch) if name in _SETS else patch


def _sorted(value: Any) -> Any:
    return sorted(set(value)) if isinstance(value, list) else value
