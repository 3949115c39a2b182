"""Values of documents for properties: valid ones, and near-valid ones made by small mutations."""

from __future__ import annotations

import copy
from typing import Any, Final

from hypothesis import strategies as st

_SHA: Final = "sha256:" + "0f" * 32
_SERVICE: Final = {
    "name": "Certified translation", "description": "Stamped.", "template": "tpl-certified",
    "workflows": ["pm_quote_manual", "automatic_quote"], "available_to_all": False,
    "price": {"currency": "EUR", "per_word": "0.19"},
}  # fmt: skip

FULL: Final[dict[str, dict[str, Any]]] = {
    "portal": {
        "schema_version": 1, "owner": "acme-translations", "portal": "portal-1", "time_zone": "Europe/Berlin",
        "sign_up": "approval_required", "languages": {"source": ["en", "no"], "target": ["de"]},
        "offers": {"expire_after_days": 30}, "branding": {"primary_color": "#0b5fff", "logo": "https://a.example/l.svg"},
        "services": {"certified": _SERVICE, "express": {"name": "Express", "price": None}},
        "policy": {
            "language": "en", "portal_edits": "propose", "unreviewed": "apply", "mails_per_run": 50,
            "removals": {
                "percent": 20, "at_least": 3, "at_most": 25, "per_customer_percent": 25, "small_customer": 2,
            },
        },
        "rules": ["policy/contact.schema.json"], "acknowledge": ["open-sign-up"],
    },
    "customer": {
        "name": "ACME Medical GmbH", "description": "Devices.\nDACH.", "language": "de", "heir": "anna-schmidt",
        "project_managers": ["lee@provider.example"], "services": ["certified"], "email_domains": ["acme.example"],
        "portal_edits": "revert", "protect": False, "manager_optional": True, "previously": ["acme"], "release": False,
        "acknowledge": ["foreign-domain", "own/company-domain"],
    },
    "contact": {
        "name": "山田太郎", "email": "jane.doe@acme.example", "role": "requester", "services": "all", "language": "pt-BR",
        "heir": "tom-lang", "leaves": {"on": "2027-03-31", "reason": "left"}, "protect": True,
        "previously": ["jane-miller"], "registration": {"id": "reg-7f3c", "fingerprint": _SHA},
        "acknowledge": ["foreign-domain"],
    },
    "removed": {"heir": "jane-doe", "reason": "left", "registration": "reg-7f3c", "keep": False},
}  # fmt: skip
"""One document of each kind that says everything there is to say."""

_CHARACTERS: Final = st.one_of(
    st.sampled_from([*"aZ09-_@. \n\t:#/%", "ß", "é", "\u0308", "а", "漢", "\u00a0", "\u0085", "\x1c", "\u200b"]),
    st.sampled_from(["\u2028", "\ufeff", "\u202e", "\u200d", "\x00", "\x7f", "😀", "\u3000"]),
    st.characters(exclude_categories=["Cs"]),
)
TEXTS: Final = st.one_of(
    st.text(_CHARACTERS, max_size=12),
    st.sampled_from(["all", "none", "no", "", "a" * 63, "a" * 64, "a" * 200, "a" * 201, "d" * 2001, "reg-1", "en\n"]),
    st.sampled_from(["a@b.example", "x" * 64 + "@b.example", "x" * 65 + "@b.example", "2027-03-31", "0.19", "00.19"]),
)
SCALARS: Final = st.one_of(
    st.none(), st.booleans(), st.sampled_from([-1, 0, 1, 2, 100, 101, 365, 366, 10**6, 10**6 + 1, 10**30]), TEXTS
)
VALUES: Final[st.SearchStrategy[Any]] = st.recursive(
    SCALARS,
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(TEXTS, below, max_size=4)),
    max_leaves=8,
)
"""Any value that the composer can give: text, whole numbers, flags, null, lists and mappings by text."""


@st.composite
def near_valid(draw: st.DrawFn) -> tuple[str, Any]:
    """A kind of document and a value a few small steps away from a valid one of it."""
    kind = draw(st.sampled_from(sorted(FULL)))
    value: Any = copy.deepcopy(FULL[kind])
    for _ in range(draw(st.integers(0, 3))):
        value = _mutated(draw, value)
    return kind, value


def _mutated(draw: st.DrawFn, value: Any) -> Any:
    """The value with one place changed; deeper places are as likely as the ones above them."""
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 9)) == 0:
        return _instead(draw, value)
    places = list(value) if isinstance(value, dict) else list(range(len(value)))
    at = draw(st.sampled_from(places))
    match draw(st.sampled_from(["below", "below", "drop", "add", "repeat"])):
        case "drop":
            del value[at]
        case "add" if isinstance(value, dict):
            value[draw(TEXTS)] = draw(VALUES)
        case "repeat" if isinstance(value, list):
            value.extend([value[at]] * draw(st.sampled_from([1, 19, 99, 199])))
        case _:
            value[at] = _mutated(draw, value[at])
    return value


def _instead(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, str) and draw(st.booleans()):
        cut = draw(st.integers(0, len(value)))
        return value[:cut] + draw(_CHARACTERS) + value[cut:]
    return draw(VALUES)
