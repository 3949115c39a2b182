"""The contract in fields: the reconciler's catalogue and the portal's table name the same ones."""

from __future__ import annotations

from typing import Final

import pytest

from reconciler.model.catalogue import CATALOGUE, Field
from reconciler.model.changes import ObjectKind
from reconciler.model.fields import OWN, portal_fields_of
from reconciler.portal.actions.schemas import OwnFields
from reconciler.portal.rules import fields as portal

ONLY_IN_THE_PORTAL: Final = {
    "settings": {"activation.expire_after_days"},
    "service": {"code"},
}
"""How long an activation link is valid is set on the portal's pages; a service's code is its key."""


def in_the_portal(kind: ObjectKind) -> dict[str, portal.Field]:
    """The portal's fields of this kind that files may manage."""
    without = ONLY_IN_THE_PORTAL.get(kind, set())
    return {field.name: field for field in portal.FIELDS if field.kind == kind and field.name not in without}


@pytest.mark.parametrize("kind", ObjectKind)
def test_both_sides_know_the_same_fields(kind: ObjectKind) -> None:
    assert {field.name for field in portal_fields_of(kind)} == set(in_the_portal(kind))


@pytest.mark.parametrize("kind", ObjectKind)
def test_both_sides_agree_on_what_is_personal(kind: ObjectKind) -> None:
    ours = {field.name for field in portal_fields_of(kind) if field.personal}
    assert ours == {name for name, field in in_the_portal(kind).items() if field.personal}


@pytest.mark.parametrize("kind", ObjectKind)
def test_both_sides_agree_on_what_is_a_set(kind: ObjectKind) -> None:
    ours = {field.name for field in portal_fields_of(kind) if field.shape.is_set}
    assert ours == {name for name, field in in_the_portal(kind).items() if field.is_set}


def test_both_sides_agree_on_what_people_set_for_themselves() -> None:
    assert set(OwnFields.model_fields) == OWN


@pytest.mark.parametrize("row", [row for row in CATALOGUE if row.remembered], ids=lambda row: str(row.name))
def test_what_is_only_remembered_is_not_personal(row: Field) -> None:
    assert not row.personal, "the portal erases the personal fields of its table and no others"
