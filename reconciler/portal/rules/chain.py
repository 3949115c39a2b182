"""The chain of the audit feed: the hash of each entry covers the hash of the entry before it.

`hash = sha256(previous ‖ canonical entry without sealed values ‖ digests)`. A sealed value enters
as `sha256(salt ‖ value)` with its own salt, so value and salt can be erased while the digest, and
with it the chain, stays. Sealed values are `by` and every member of `before` and `after` that may
contain personal data: all except `NOT_SEALED`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

Entry = Mapping[str, Any]
# By path of a sealed value: its salt (`salt:HEX`) or, once erased, its digest.
Seals = dict[str, str]

# The hash before the first entry.
START: Final = "0" * 64
BY: Final = "by"
SIDES: Final = ("before", "after")
# The member of `after` in which the entry of an erasure lists what it erased.
ERASED_VALUES: Final = "values"
# Members that hold numbers, times, ids and fixed words, never text that a person typed.
NOT_SEALED: Final = frozenset(
    {
        "accepted_at",
        "activation",
        "available_to_all",
        "code",
        "contacts",
        "contacts_per_customer",
        "cost",
        "currency",
        "customer",
        "customers",
        "deadline",
        "delivered_at",
        "ended_at",
        "erased",
        "expires_at",
        "external_key",
        "files",
        "head",
        "epoch",
        "kind",
        "language",
        "languages",
        "offers",
        "owner",
        "password",
        "past_requests",
        "price",
        "progress",
        "protected",
        "reference_files",
        "registration_code",
        "requests",
        "role",
        "scope",
        "service",
        "services",
        "sign_up",
        "source_language",
        "state",
        "status",
        "target_languages",
        ERASED_VALUES,
        "words",
        "work_to",
        "workflow",
        "workflows",
    }
)
_CHAINED_COLUMNS: Final = (
    "revision",
    "seq",
    "at",
    "actor",
    "what",
    "object",
    "id",
    "change",
    "run",
    "commit",
    "person",
)
_SALT: Final = "salt:"
_ERASED: Final = "erased:"
_SEAL: Final = re.compile(rf"{_SALT}[0-9a-f]{{32}}|{_ERASED}[0-9a-f]{{64}}")


def pseudonym(id: str) -> str:
    """Return the name that replaces an erased person's name."""
    return f"erased-{id[-8:]}"


def sealed_paths(entry: Entry) -> list[str]:
    """Return the paths of the values that a new entry seals, such as `by` and `after.name`."""
    return [
        BY,
        *(
            f"{side}.{name}"
            for side in SIDES
            for name in entry[side] or ()
            if name not in NOT_SEALED
        ),
    ]


def seals_of(entry: Entry, salts: Iterator[str]) -> Seals:
    """Return the seals of a new entry; each salt has 32 hexadecimal digits."""
    return {
        path: f"{_SALT}{salt}"
        for path, salt in zip(sealed_paths(entry), salts, strict=False)
    }


def hash_of(previous: str, entry: Entry, seals: Seals) -> str:
    """Return the hash of an entry that follows an entry with the hash `previous`."""
    plain = [entry[name] for name in _CHAINED_COLUMNS]
    plain += [_unsealed(entry[side], side, seals) for side in SIDES]
    digests = digests_of(entry, seals)
    return _sha256(f"{previous}\n{canonical(plain)}\n{canonical(digests)}")


def digests_of(entry: Entry, seals: Seals) -> dict[str, str]:
    """Return the digest of each sealed value, by path; it tells nothing about the value."""
    return {path: _digest(entry, path, seal) for path, seal in seals.items()}


def is_chained_after(previous: str, entry: Entry) -> bool:
    """Return whether a stored entry, with its `seals` and `hash`, follows the hash `previous`."""
    seals = entry["seals"]
    if not isinstance(seals, dict) or BY not in seals or not _well_formed(entry):
        return False
    if not all(isinstance(seal, str) and _SEAL.fullmatch(seal) for seal in seals.values()):
        return False
    if not all(_is_consistent(entry, path) for path in erased_paths(seals)):
        return False
    if not all(
        _is_present(entry, path) for path, seal in seals.items() if seal.startswith(_SALT)
    ):
        return False
    return bool(hash_of(previous, entry, seals) == entry["hash"])


def erased_paths(seals: Seals | None) -> list[str]:
    """Return the paths whose values were erased, sorted."""
    return sorted(path for path, seal in (seals or {}).items() if seal.startswith(_ERASED))


def erase_values(entry: Entry, paths: list[str]) -> dict[str, Any]:
    """Return the columns of an entry after erasing these sealed values and their salts."""
    seals, sides = dict(entry["seals"]), {side: entry[side] for side in SIDES}
    for path in paths:
        seals[path] = f"{_ERASED}{_digest(entry, path, seals[path])}"
    for side in SIDES:
        erased_names = {
            path.partition(".")[2] for path in paths if path.startswith(f"{side}.")
        }
        if erased_names:
            sides[side] = {
                name: value
                for name, value in entry[side].items()
                if name not in erased_names
            }
    by = _erased_by(entry) if BY in paths else entry[BY]
    return {**sides, BY: by, "seals": seals}


def value_name(entry: Entry, path: str) -> str:
    """Return the name of a value in the entry of its erasure: `REVISION.SEQ PATH`."""
    return f"{entry['revision']}.{entry['seq']} {path}"


def canonical(value: Any) -> str:
    """Return the value as JSON with one text per value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _well_formed(entry: Entry) -> bool:
    return all(entry[side] is None or isinstance(entry[side], dict) for side in SIDES)


def _unsealed(
    values: Mapping[str, Any] | None, side: str, seals: Seals
) -> dict[str, Any] | None:
    if values is None:
        return None
    return {name: value for name, value in values.items() if f"{side}.{name}" not in seals}


def _digest(entry: Entry, path: str, seal: str) -> str:
    if seal.startswith(_ERASED):
        return seal.removeprefix(_ERASED)
    return _sha256(f"{seal.removeprefix(_SALT)}{canonical(_value(entry, path))}")


def _value(entry: Entry, path: str) -> Any:
    side, dot, name = path.partition(".")
    return entry[side][name] if dot else entry[side]


def _is_present(entry: Entry, path: str) -> bool:
    side, dot, name = path.partition(".")
    return path == BY or (bool(dot) and side in SIDES and name in (entry[side] or {}))


def _is_consistent(entry: Entry, path: str) -> bool:
    return entry[BY] == _erased_by(entry) if path == BY else not _is_present(entry, path)


def _erased_by(entry: Entry) -> str:
    return pseudonym(entry["person"] or entry["id"])


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
