"""The field catalogue: it names every field of the files, and knows which values are careful."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields as members_of
from typing import Final, get_args

import pytest

from reconciler.documents.field_types import Document
from reconciler.documents.portal_document import Portal, Service
from reconciler.documents.types import Contact, Customer
from reconciler.model.catalogue import CATALOGUE, Field
from reconciler.model.changes import ObjectKind
from reconciler.model.desired import Policy
from reconciler.model.fields import (
    comparable,
    fields_of,
    find,
    is_masked,
    is_memo,
    loosens,
    power_noun,
    same_value,
    stricter,
)
from reconciler.model.values import Value

SETTINGS, SERVICE, CUSTOMER, CONTACT = ObjectKind
DOCUMENTS: Final[Mapping[ObjectKind, type[Document]]] = {
    SETTINGS: Portal,
    SERVICE: Service,
    CUSTOMER: Customer,
    CONTACT: Contact,
}
STRUCTURAL: Final = {
    SETTINGS: {"schema_version", "owner", "portal", "time_zone", "services", "acknowledge"},
    SERVICE: {"previously"},
    CUSTOMER: {"previously", "release", "acknowledge"},
    CONTACT: {"previously", "registration", "acknowledge"},
}
"""Keys of files that say how to read the rest, who somebody was, or what a warning is worth."""


def paths(document: type[Document], without: set[str]) -> Iterator[tuple[str, ...]]:
    """The path of every value that the document may hold."""
    for name, field in document.model_fields.items():
        if name in without:
            continue
        choices = (field.annotation, *get_args(field.annotation))
        nested = [part for part in choices if isinstance(part, type) and issubclass(part, Document)]
        if nested:
            yield from ((name, *rest) for rest in paths(nested[0], set()))
        else:
            yield (name,)


@pytest.mark.parametrize("kind", ObjectKind)
def test_every_key_of_a_file_is_a_row_of_the_catalogue_or_structural(kind: ObjectKind) -> None:
    in_files = set(paths(DOCUMENTS[kind], STRUCTURAL[kind]))
    rows = {row.path for row in fields_of(kind)}
    assert in_files - rows == set(), "add a row to reconciler/model/catalogue.py"
    assert rows <= in_files, "add the key to reconciler/documents/types.py"


@pytest.mark.parametrize("kind", ObjectKind)
def test_what_a_creation_needs_is_required_in_the_file(kind: ObjectKind) -> None:
    types = DOCUMENTS[kind].model_fields
    in_files = {row.name for row in fields_of(kind) if row.path[0] in types and len(row.path) == 1}
    required = {row.name for row in fields_of(kind) if row.is_required}
    assert required == {name for name in in_files if name in types and types[name].is_required()}


def test_a_field_has_one_row() -> None:
    assert len({(row.object, row.name) for row in CATALOGUE}) == len(CATALOGUE)
    assert len({(row.object, row.path) for row in CATALOGUE}) == len(CATALOGUE)


def test_the_policy_has_the_catalogues_fields_and_defaults_and_so_have_the_files() -> None:
    rows = {row.name: row.default for row in fields_of(SETTINGS) if row.name.startswith("policy.")}
    policy = Policy()
    assert rows == {f"policy.{each.name}": getattr(policy, each.name) for each in members_of(Policy)}
    silent = Portal.model_validate({"schema_version": 1, "owner": "acme"})
    for row in fields_of(SETTINGS):
        if row.name.startswith("policy."):
            value: object = silent
            for name in row.path:
                value = getattr(value, name)
            assert value == row.default, row.name


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: f"{row.object}-{row.name}")
def test_a_default_is_a_value_that_the_field_can_have(row: Field) -> None:
    assert row.shape.holds(row.default)
    if isinstance(row.stricter, tuple):
        assert row.default in row.stricter


def test_whatever_knows_a_stricter_value_gives_power_and_has_a_default() -> None:
    for row in CATALOGUE:
        if row.stricter is not None:
            assert row.power is not None, row.name
            assert row.default is not None, row.name


def test_fields_that_give_power_have_a_noun() -> None:
    nouns = {(str(row.object), row.name): power_noun(row.object, row.name) for row in CATALOGUE}
    given = {key: str(noun) for key, noun in nouns.items() if noun and "policy" not in key[1]}
    assert given == {
        ("settings", "sign_up"): "sign-up mode",
        ("customer", "project_managers"): "project managers",
        ("customer", "email_domains"): "e-mail domains",
        ("customer", "protected"): "protection",
        ("customer", "manager_optional"): "may be without a manager",
        ("customer", "portal_edits"): "portal edits",
        ("contact", "protected"): "protection",
    }
    policy = [row.name for row in CATALOGUE if row.name.startswith("policy.")]
    assert [str(power_noun(SETTINGS, name)) for name in policy] == [name.replace(".", " ") for name in policy]
    assert power_noun(CONTACT, "no_such_field") is None


def test_the_portal_lacks_what_is_only_remembered() -> None:
    memos = {row.name for row in CATALOGUE if is_memo(row.name)}
    policy = {f"policy.{each.name}" for each in members_of(Policy)}
    others = {"heir", "manager_optional", "portal_edits", "rules", "leaves.on", "leaves.reason"}
    assert memos == policy | others
    assert not is_memo("no_such_field")


def test_addresses_compare_as_logins_and_sets_without_order() -> None:
    assert same_value("email", "Jane@ACME.example", "jane@acme.example")
    assert not same_value("name", "Jane", "jane")
    assert comparable("project_managers", ("B@x.example", "a@x.example", "b@x.example")) == (
        "a@x.example",
        "b@x.example",
    )
    assert same_value("services", ("b", "a"), ("a", "b", "a"))
    assert not same_value("services", (), "all")


def test_names_of_people_are_masked_and_names_of_customers_are_not() -> None:
    assert is_masked(CONTACT, "name")
    assert not is_masked(CUSTOMER, "name")
    assert not is_masked(CONTACT, "email"), "an address keeps its first letter and its domain"


LOOSER: Final[list[tuple[ObjectKind, str, Value, Value]]] = [
    (SETTINGS, "policy.removals_percent", 20, 21),
    (SETTINGS, "policy.removals_at_least", None, 4),
    (SETTINGS, "policy.removals_at_most", 10, None),
    (SETTINGS, "policy.removals_per_customer_percent", None, 26),
    (SETTINGS, "policy.removals_small_customer", 2, 3),
    (SETTINGS, "policy.mails_per_run", None, 51),
    (SETTINGS, "policy.unreviewed", "hold", "apply"),
    (SETTINGS, "policy.unreviewed", "hold", None),
    (SETTINGS, "policy.portal_edits", "propose", "revert"),
    (CUSTOMER, "portal_edits", None, "revert"),
    (CUSTOMER, "manager_optional", False, True),
    (CUSTOMER, "protected", True, None),
    (CONTACT, "protected", True, False),
]


@pytest.mark.parametrize(("kind", "name", "strict", "loose"), LOOSER)
def test_what_is_less_careful_loosens_and_the_stricter_of_two_is_the_careful_one(
    kind: ObjectKind, name: str, strict: Value, loose: Value
) -> None:
    assert loosens(kind, name, strict, loose)
    assert not loosens(kind, name, loose, strict)
    assert not loosens(kind, name, loose, loose)
    row = find(kind, name)
    assert row is not None
    careful = row.default if strict is None else strict
    assert stricter(kind, name, strict, loose) == stricter(kind, name, loose, strict) == careful


@pytest.mark.parametrize("damaged", [None, "many", True, ("1",)])
def test_a_limit_that_is_no_number_counts_as_the_default(damaged: Value) -> None:
    assert stricter(SETTINGS, "policy.removals_percent", 50, damaged) == 20
    assert stricter(SETTINGS, "policy.removals_percent", 10, damaged) == 10


def test_a_field_without_a_stricter_value_never_loosens() -> None:
    assert not loosens(CONTACT, "name", "Jane", None)
    assert not loosens(CONTACT, "no_such_field", None, True)
    assert stricter(CONTACT, "name", "Jane", "June") == "Jane"
