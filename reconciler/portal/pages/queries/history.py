"""The history as sentences in the language of the reader.

The input are entries of the change feed, with the names of the objects that they mention. Each
sentence keeps its raw entry beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select

from reconciler.portal.i18n.catalogs import is_key
from reconciler.portal.pages.queries.rows import (
    RowValues,
    git_path_of,
    names_of_customers,
)
from reconciler.portal.pages.rendering import Translator
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
# Fields with a closed set of values: the keys of their sentences begin like this.
_SENTENCE_PREFIXES: Final[Mapping[str, str]] = {
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
_TIME_FIELDS: Final = frozenset(
    {"deadline", "expires_at", "accepted_at", "delivered_at", "valid_until"}
)
_COUNT_FIELDS: Final = frozenset({"files", "reference_files"})
# Fields that the sentence of the entry tells already.
_FIELDS_OF_THE_SENTENCE: Final = frozenset(
    {"password", "registration_code", "erased", "values", "ended_at"}
)
# Only whole values are ids: a text that people typed may contain one.
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
class MentionedObjects:
    """The objects that entries mention, by id: their names, and their files in git."""

    names: Mapping[str, str]
    """Services by code too: other rows refer to them by code."""
    git_paths: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """An entry as it is shown: its sentence, the page of its object, and the changed fields."""

    raw: RowValues
    sentence: str
    page_path: str | None
    field_changes: list[tuple[str, str, str]]
    """Label, old value and new value."""
    git_path: str | None


def mentioned_objects(
    connection: Connection, entries: Sequence[RowValues]
) -> MentionedObjects:
    """Return names and files of everything that the entries mention."""
    ids = sorted(
        {
            id
            for entry in entries
            for id in _ids_in([entry["id"], entry["before"], entry["after"]])
        }
    )
    c, s, r, f, o = t.contacts.c, t.services.c, t.requests.c, t.staff.c, t.outbox.c
    people = [
        dict(row)
        for row in connection.execute(
            select(c.id, c.name, c.customer, c.external_key, c.owner).where(c.id.in_(ids))
        ).mappings()
    ]
    customers = names_of_customers(
        connection, {*ids, *(person["customer"] for person in people)}
    )
    services = [
        dict(row)
        for row in connection.execute(select(s.id, s.code, s.name, s.owner)).mappings()
    ]
    names = {person["id"]: person["name"] for person in people} | {
        id: customer["name"] for id, customer in customers.items()
    }
    names |= {
        service[name_column]: service["name"]
        for service in services
        for name_column in ("id", "code")
    }
    names |= {
        row.id: f"{row.title} (#{row.number})"
        for row in connection.execute(select(r.id, r.title, r.number).where(r.id.in_(ids)))
    }
    for id, name in ((f.id, f.name), (o.id, o.subject)):
        names |= {
            row[0]: row[1]
            for row in connection.execute(select(id, name).where(id.in_(ids)))
        }
    git_paths = {
        person["id"]: git_path_of("contact", person, customers.get(person["customer"]))
        for person in people
    }
    git_paths |= {
        id: git_path_of("customer", customer) for id, customer in customers.items()
    }
    git_paths |= {service["id"]: git_path_of("service", service) for service in services}
    return MentionedObjects(names, git_paths)


def _ids_in(value: Any) -> Iterator[str]:
    """Return the ids in a value, at any depth."""
    if isinstance(value, str) and _ID.fullmatch(value):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _ids_in(item)


def history_entry(
    translate: Translator, entry: RowValues, mentioned: MentionedObjects
) -> HistoryEntry:
    """Return the entry in the language of the reader."""
    before, after = _flatten(entry["before"] or {}), _flatten(entry["after"] or {})
    own_name = next(
        (
            values["name"]
            for values in (after, before)
            if isinstance(values.get("name"), str)
        ),
        None,
    )
    # An object that is gone has no row; then the entry itself may tell its name.
    name = mentioned.names.get(entry["id"]) or own_name or entry["id"]
    object_text = (
        translate(f"history.the.{entry['object']}", name=name)
        if is_key(f"history.the.{entry['object']}")
        else name
    )
    git_path = None
    if entry["actor"] == "reconciler":
        git_path = (
            "portal.yaml"
            if entry["object"] == "settings"
            else mentioned.git_paths.get(entry["id"])
        )
    return HistoryEntry(
        entry,
        translate(f"history.did.{effect_of(entry['what'])}", what=object_text, name=name),
        _page_path(entry, mentioned),
        _field_changes(translate, before, after, mentioned.names),
        git_path,
    )


def _page_path(entry: RowValues, mentioned: MentionedObjects) -> str | None:
    """Return the page of the entry's object; None if there is none, or no longer one."""
    if entry["object"] in _FIXED_PAGES:
        return _FIXED_PAGES[entry["object"]]
    has_page = entry["id"] in mentioned.names and entry["object"] in _PAGES
    return f"{_PAGES[entry['object']]}{entry['id']}" if has_page else None


def _flatten(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with nested fields as `price.currency`."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": item for inner, item in value.items()}
        else:
            flat[name] = value
    return flat


def _field_changes(
    translate: Translator,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    names: Mapping[str, str],
) -> list[tuple[str, str, str]]:
    """Return label, old and new value of changed fields that the sentence does not tell."""
    field_changes = []
    for field in [*after, *(field for field in before if field not in after)]:
        old, new = before.get(field), after.get(field)
        if (
            field in _FIELDS_OF_THE_SENTENCE
            # The requests of a handover are the same before and after, and still worth reading.
            or (old == new and field != "requests")
            or (field == "name" and "name" not in before)
        ):
            continue
        # The owner of a request is a contact. The owner of other rows is that of their files in
        # git, whom the sentence tells.
        if field == "owner" and not _ID.fullmatch(str(old or new)):
            continue
        label = translate(_LABELS[field]) if field in _LABELS else field
        old_text = _value_text(translate, field, old, names) if old != new else ""
        field_changes.append((label, old_text, _value_text(translate, field, new, names)))
    return field_changes


def _value_text(
    translate: Translator, field: str, value: Any, names: Mapping[str, str]
) -> str:
    """Return a value of a field in the language of the reader."""
    match value:
        case None:
            return ""
        # Before `int`: True is an int too.
        case bool():
            return translate("field.yes") if value else translate("field.no")
        case int() | float():
            return translate.number(value)
        case list() if field in _COUNT_FIELDS:
            return translate.number(len(value))
        case list():
            return _join(_value_text(translate, field, item, names) for item in value)
        case str():
            return _string_text(translate, field, value, names)
        case _:
            return str(value)


def _join(values: Iterable[str]) -> str:
    return " · ".join(values)


def _string_text(
    translate: Translator, field: str, value: str, names: Mapping[str, str]
) -> str:
    if field in _SENTENCE_PREFIXES and is_key(key := f"{_SENTENCE_PREFIXES[field]}{value}"):
        return translate(key)
    if field in _LANGUAGE_FIELDS:
        return translate.language_name(value)
    if field in _TIME_FIELDS:
        return translate.time(value)
    if field in {"services", "service"}:
        return translate("field.all") if value == "all" else names.get(value, value)
    return names.get(value, value) if _ID.fullmatch(value) else value
