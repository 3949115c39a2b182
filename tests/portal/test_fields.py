"""The portal's table of fields, and everything that has to know of a new one."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from pydantic import BaseModel
from sqlalchemy import select

from reconciler import portal
from reconciler.portal.actions.schemas import ContactFields, CustomerFields, OwnFields, ServiceFields, SettingsFields
from reconciler.portal.api.schemas import resources
from reconciler.portal.i18n.catalogs import is_key
from reconciler.portal.pages.queries.history import _LABELS
from reconciler.portal.rules.fields import DEFAULTS, FIELDS, Field, apply_patch, members, personal_fields
from reconciler.portal.rules.policy import MANAGERS_FIELDS
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from reconciler.portal.web.serialization import as_json
from tests.portal.harness import Api, applied

README: Final = Path(portal.__file__).parent / "README.md"
KINDS: Final = tuple(DEFAULTS)
SHAPES: Final[dict[str, type[BaseModel]]] = {
    "settings": SettingsFields,
    "service": ServiceFields,
    "customer": CustomerFields,
    "contact": ContactFields,
}
ANSWERS: Final[dict[str, type[BaseModel]]] = {
    "settings": resources.Settings,
    "service": resources.Service,
    "customer": resources.Customer,
    "contact": resources.Contact,
}
TABLES: Final = {
    "settings": t.settings,
    "service": t.services,
    "customer": t.customers,
    "contact": t.contacts,
}
ONLY_AT_CREATION: Final = {"code"}
"""What others refer to: a service keeps it."""
REPLACED: Final = {"name", "email"}
"""What a row cannot be without; erasing puts a pseudonym there."""


def names(kind: str) -> set[str]:
    return {field.name for field in FIELDS if field.kind == kind}


def paths(shape: type[BaseModel]) -> Iterator[str]:
    """The dotted names of all values that the shape may hold."""
    for name, field in shape.model_fields.items():
        choices = (field.annotation, *get_args(field.annotation))
        nested = [c for c in choices if isinstance(c, type) and issubclass(c, BaseModel)]
        inner = [f"{name}.{path}" for path in paths(nested[0])] if nested else [name]
        yield from inner


@pytest.mark.parametrize("kind", KINDS)
def test_callers_may_send_exactly_the_fields_of_the_table(kind: str) -> None:
    assert set(paths(SHAPES[kind])) == names(kind) - ONLY_AT_CREATION


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_has_a_column(kind: str) -> None:
    assert set(members(kind)) <= set(TABLES[kind].columns.keys())


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_shown_and_described(kind: str) -> None:
    row = dict.fromkeys(TABLES[kind].columns.keys())
    assert set(members(kind)) <= set(as_json(kind, row))
    assert names(kind) <= set(paths(ANSWERS[kind]))


@pytest.mark.parametrize("kind", KINDS)
def test_the_history_has_a_label_for_every_field(kind: str) -> None:
    assert names(kind) - set(_LABELS) == set()
    assert [name for name in sorted(names(kind)) if not is_key(_LABELS[name])] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_contract_names_every_field(kind: str) -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    (row,) = [line for line in lines if line.startswith(f"| {kind} | `")]
    missing = {name for path in names(kind) for name in path.split(".") if name not in row}
    assert missing == set(), f"add it to the table of rows in {README.name}"


def test_managers_and_people_themselves_set_fields_of_the_table() -> None:
    assert names("contact") >= MANAGERS_FIELDS
    assert names("contact") >= set(OwnFields.model_fields)


@pytest.mark.parametrize("field", [field for field in FIELDS if field.is_set], ids=str)
def test_a_set_is_kept_without_order_and_repeats(field: Field) -> None:
    outer, dot, inner = field.name.partition(".")
    sent: Any = ["b", "a", "b"]
    changed = apply_patch(DEFAULTS[field.kind], {outer: {inner: sent} if dot else sent}, field.kind)
    assert (changed[outer][inner] if dot else changed[outer]) == ["a", "b"]


def test_erasing_knows_a_value_for_every_personal_field_that_a_row_cannot_be_without() -> None:
    required = {name for name in personal_fields("contact") if not t.contacts.columns[name].nullable}
    assert required == REPLACED
    assert all("." not in name for name in personal_fields("contact"))


def everything(store: Store) -> str:
    """Every value in every table of the portal."""
    with store.read() as connection:
        rows = {
            name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for name, table in t.metadata.tables.items()
        }
    return json.dumps(rows, ensure_ascii=False, default=str)


_VALUES: Final = (
    {"name": "Zoë Unverwechselbar", "email": "zoe.one@acme.example"},
    {"name": "Zoë Zweitname", "email": "zoe.two@acme.example"},
)


def values(round: int) -> dict[str, str]:
    """A value for each personal field of a contact."""
    return {name: _VALUES[round].get(name, f"zoe {name} {round}") for name in personal_fields("contact")}


def test_erasing_takes_every_personal_value_from_every_table(api: Api, store: Store) -> None:
    home, (boss,) = api.a_customer("manager")
    first, second = values(0), values(1)
    zoe = api.create("/contacts", customer=home["id"], role="requester", **first)
    lease = api.lease("customer:acme")
    at = {"id": home["id"], "version": 1, "key": "acme", "applied": applied(name="Acme")}
    adopted = {"id": zoe["id"], "version": 1, "key": "zoe", "applied": applied(**first)}
    api.done(lease, {"op": "adopt_customer", **at}, {"op": "adopt_contact", **adopted})
    zoe = api.row(f"/contacts/{zoe['id']}")
    assert api.write("PATCH", f"/contacts/{zoe['id']}", zoe["version"], second).status_code == 200
    gone = api.row(f"/contacts/{zoe['id']}")
    gone = api.act(f"/contacts/{zoe['id']}/offboard", gone, work_to=boss["id"])
    before = everything(store)
    for value in itertools.chain(first.values(), second.values()):
        assert value in before
    api.act(f"/contacts/{zoe['id']}/erase", gone)
    left = everything(store)
    for value in itertools.chain(first.values(), second.values()):
        assert value not in left
