"""The history as sentences in the language of the reader.

Entries of the change feed come in, with the names of what they mention; sentences come out. The raw
entry stays beside each sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from reconciler.portal.i18n.catalogs import is_key
from reconciler.portal.pages.queries.checkout import Found, file_of, names_of_customers
from reconciler.portal.pages.rendering import Speech
from reconciler.portal.rules.audit import effect_of
from reconciler.portal.store import tables as t

_LABELS: Final[Mapping[str, str]] = {
    "limit": "history.limit",
    "name": "field.name",
    "email": "field.email",
    "role": "field.role",
    "language": "field.language",
    "services": "field.services",
    "service": "field.service",
    "description": "field.description",
    "status": "field.status",
    "reason": "field.reason",
    "customer": "field.customer",
    "kind": "staff.kind",
    "code": "service.code",
    "template": "service.template",
    "workflows": "service.workflows",
    "workflow": "request.workflow",
    "available_to_all": "service.everybody",
    "price.per_word": "service.price",
    "price.currency": "service.currency",
    "project_managers": "customer.managers",
    "email_domains": "customer.domains",
    "contacts": "customers.people",
    "sign_up": "settings.sign_up",
    "languages.source": "settings.source",
    "languages.target": "settings.target",
    "offers.expire_after_days": "settings.offers",
    "activation.expire_after_days": "settings.activation",
    "branding.primary_color": "settings.colour",
    "branding.logo": "settings.logo",
    "title": "request.title",
    "source_language": "request.source",
    "target_languages": "request.targets",
    "deadline": "request.deadline",
    "comment": "request.comment",
    "words": "request.words",
    "cost": "request.cost",
    "currency": "request.currency",
    "state": "request.state",
    "progress": "request.percent",
    "owner": "request.owner",
    "requests": "nav.requests",
    "work_to.owner": "request.new-owner",
    "work_to.requests": "nav.requests",
    "files": "request.files",
    "reference_files": "request.references",
    "expires_at": "request.until",
    "accepted_at": "request.accepted",
    "delivered_at": "request.delivered",
    "protected": "history.protected",
    "external_key": "history.key",
    "scope": "history.scope",
    "valid_until": "history.valid-until",
    "for_owner": "history.for-owner",
    "past_requests": "nav.requests",
    "epoch": "history.epoch",
    "head": "history.head",
}
# Fields whose values are words of ours.
_WORDED: Final[Mapping[str, str]] = {
    "role": "role.",
    "status": "status.",
    "state": "state.",
    "workflow": "workflow.",
    "workflows": "workflow.",
    "sign_up": "settings.sign_up.",
    "limit": "limit.",
    "kind": "staff.kind.",
    "reason": "reason.",
}
_LANGUAGE_FIELDS: Final = frozenset(
    {
        "language",
        "source_language",
        "target_languages",
        "languages.source",
        "languages.target",
    }
)
_TIMES: Final = frozenset(
    {"deadline", "expires_at", "accepted_at", "delivered_at", "valid_until"}
)
_COUNTED: Final = frozenset({"files", "reference_files"})
# What the sentence has said already.
_SAID: Final = frozenset({"password", "registration_code", "erased", "values", "ended_at"})
_ID: Final = re.compile(r"(con|cus|svc|req|stf|mail)_[0-9a-f]+")
_PAGES: Final[Mapping[str, str]] = {
    "contact": "/admin/contacts/",
    "customer": "/admin/customers/",
    "service": "/admin/services/",
    "request": "/requests/",
    "staff": "/admin/staff/",
    "mail": "/admin/outbox/",
}
_FIXED_PAGES: Final[Mapping[str, str]] = {
    "settings": "/admin/settings",
    "portal": "/admin/settings",
}


@dataclass(frozen=True, slots=True)
class Names:
    """The names of what entries mention, and the files in git that manage it, by id."""

    names: Mapping[str, str]
    files: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Told:
    """One entry as shown: sentence, page of its object, and fields with old and new value."""

    entry: Found
    sentence: str
    page: str | None
    rows: list[tuple[str, str, str]]
    file: str | None


def names_in(connection: Connection, entries: Sequence[Found]) -> Names:
    """Return the names of everything that the entries mention."""
    ids = sorted(
        {
            id
            for entry in entries
            for id in _ids([entry["id"], entry["before"], entry["after"]])
        }
    )
    c, s, r, f, o = t.contacts.c, t.services.c, t.requests.c, t.staff.c, t.outbox.c
    people = [
        dict(row)
        for row in connection.execute(
            select(c.id, c.name, c.customer, c.external_key, c.owner).where(c.id.in_(ids))
        ).mappings()
    ]
    homes = names_of_customers(
        connection, {*ids, *(person["customer"] for person in people)}
    )
    services = [
        dict(row)
        for row in connection.execute(select(s.id, s.code, s.name, s.owner)).mappings()
    ]
    names = {person["id"]: person["name"] for person in people} | {
        id: home["name"] for id, home in homes.items()
    }
    names |= {service[by]: service["name"] for service in services for by in ("id", "code")}
    for id, name in ((r.id, r.title), (f.id, f.name), (o.id, o.subject)):
        names |= {
            row[0]: row[1]
            for row in connection.execute(select(id, name).where(id.in_(ids)))
        }
    files = {
        person["id"]: file_of("contact", person, homes.get(person["customer"]))
        for person in people
    }
    files |= {id: file_of("customer", home) for id, home in homes.items()}
    files |= {service["id"]: file_of("service", service) for service in services}
    return Names(names, files)


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, str) and _ID.fullmatch(value):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _ids(each)


def told(say: Speech, entry: Found, names: Names) -> Told:
    """Return the entry in the language of the reader."""
    before, after = _flat(entry["before"] or {}), _flat(entry["after"] or {})
    given = next(
        (
            values["name"]
            for values in (after, before)
            if isinstance(values.get("name"), str)
        ),
        None,
    )
    name = names.names.get(entry["id"]) or given or entry["id"]
    what = (
        say(f"history.the.{entry['object']}", name=name)
        if is_key(f"history.the.{entry['object']}")
        else name
    )
    file = None
    if entry["actor"] == "reconciler":
        file = (
            "portal.yaml" if entry["object"] == "settings" else names.files.get(entry["id"])
        )
    return Told(
        entry,
        say(f"history.did.{effect_of(entry['what'])}", what=what, name=name),
        _page(entry, names),
        _rows(say, before, after, names.names),
        file,
    )


def _page(entry: Found, names: Names) -> str | None:
    if entry["object"] in _FIXED_PAGES:
        return _FIXED_PAGES[entry["object"]]
    there = entry["id"] in names.names and entry["object"] in _PAGES
    return f"{_PAGES[entry['object']]}{entry['id']}" if there else None


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": each for inner, each in value.items()}
        else:
            flat[name] = value
    return flat


def _rows(
    say: Speech,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    names: Mapping[str, str],
) -> list[tuple[str, str, str]]:
    """Return label, old and new value of changed fields that the sentence does not say."""
    rows = []
    for field in [*after, *(field for field in before if field not in after)]:
        old, new = before.get(field), after.get(field)
        if (
            field in _SAID
            or (old == new and field != "requests")
            or (field == "name" and "name" not in before)
        ):
            continue
        if field == "owner" and not _ID.fullmatch(str(old or new)):
            continue  # of files, not of requests: the sentence says it
        label = say(_LABELS[field]) if field in _LABELS else field
        shown = _shown(say, field, old, names) if old != new else ""
        rows.append((label, shown, _shown(say, field, new, names)))
    return rows


def _shown(say: Speech, field: str, value: Any, names: Mapping[str, str]) -> str:
    """Return a value in the language of the reader."""
    match value:
        case None:
            return ""
        case bool():
            return say("field.yes") if value else say("field.no")
        case int() | float():
            return say.number(value)
        case list() if field in _COUNTED:
            return say.number(len(value))
        case list():
            return _listed(_shown(say, field, each, names) for each in value)
        case str():
            return _text(say, field, value, names)
        case _:
            return str(value)


def _listed(values: Iterable[str]) -> str:
    return " · ".join(values)


def _text(say: Speech, field: str, value: str, names: Mapping[str, str]) -> str:
    if field in _WORDED and is_key(key := f"{_WORDED[field]}{value}"):
        return say(key)
    if field in _LANGUAGE_FIELDS:
        return say.language_name(value)
    if field in _TIMES:
        return say.time(value)
    if field in {"services", "service"}:
        return say("field.all") if value == "all" else names.get(value, value)
    return names.get(value, value) if _ID.fullmatch(value) else value
