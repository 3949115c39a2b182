"""Base, desired, live: every cell of the three-way table, for fields of each kind."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.changes import Kind
from reconciler.model.desired import DesiredContact, Leaving
from reconciler.model.live import Actor, Applied, Touch
from reconciler.model.plan import Facts, Plan, Scope
from reconciler.model.values import FieldChange, Value
from reconciler.planning import make_plan
from reconciler.planning.three_way_merge import FieldState, classify_field
from tests.builders import RECENTLY, applied, contact, customer, customer_in_portal, desired, in_portal, live, request

MARA = contact("mara-meyer", role="manager")
ADMIN = Touch("Ada Admin", Actor.ADMINISTRATOR, RECENTLY)
HERSELF = Touch("jane-doe", Actor.SELF, RECENTLY)

A, B, C = "certified", "express", "legal"
CELLS = [
    ("d = l = b", "x", "x", "x", FieldState.SAME),
    ("d = l, b is another", "x", "x", "y", FieldState.SAME),
    ("l = b, the file moved", "x", "y", "y", FieldState.CHANGE),
    ("d = b, the portal moved", "x", "y", "x", FieldState.EDIT),
    ("all three differ", "x", "y", "z", FieldState.CONFLICT),
    ("the file empties", None, "y", "y", FieldState.CHANGE),
    ("the portal emptied", "x", None, "x", FieldState.EDIT),
    ("the file empties what the portal moved", None, "y", "z", FieldState.CONFLICT),
    ("sets in another order are equal", (A, B), (B, A), (A,), FieldState.SAME),
    ("a set that the portal reordered is no edit", (A, B, C), (A, B), (B, A), FieldState.CHANGE),
    ("a set that the portal grew", (A,), (A, B), (A,), FieldState.EDIT),
    ("a set that both moved", (A, C), (A, B), (A,), FieldState.CONFLICT),
    ("no services is not all services", (), "all", "all", FieldState.CHANGE),
]


@pytest.mark.parametrize(("said", "d", "l", "b", "verdict"), CELLS, ids=[cell[0] for cell in CELLS])
def test_each_cell_has_its_verdict(said: str, d: Value, l: Value, b: Value, verdict: FieldState) -> None:  # noqa: E741
    assert classify_field("services", d, l, Applied(True, {"services": b}), ADMIN) is verdict


@pytest.mark.parametrize("base", [None, Applied(True, {}), Applied(False, {"role": "observer"})])
def test_without_a_base_for_the_field_what_differs_is_a_change(base: Applied | None) -> None:
    assert classify_field("services", (A,), "all", base, ADMIN) is FieldState.CHANGE
    assert classify_field("services", (A,), (A,), base, ADMIN) is FieldState.SAME


def test_addresses_compare_as_logins() -> None:
    base = Applied(True, {"email": "jane@acme.example"})
    assert classify_field("email", "Jane@ACME.example", "jane@acme.example", base, None) is FieldState.SAME


@pytest.mark.parametrize("field", ["name", "language"])
def test_what_a_person_sets_for_herself_is_hers_until_the_file_moves(field: str) -> None:
    base = Applied(True, {field: "x"})
    assert classify_field(field, "x", "y", base, HERSELF) is FieldState.PERSONAL
    assert classify_field(field, "z", "y", base, HERSELF) is FieldState.CHANGE
    assert classify_field(field, "x", "y", base, ADMIN) is FieldState.EDIT
    assert classify_field(field, "z", "y", base, ADMIN) is FieldState.CONFLICT


def test_what_a_person_did_to_other_fields_is_an_edit_like_any() -> None:
    assert classify_field("services", "x", "y", Applied(True, {"services": "x"}), HERSELF) is FieldState.EDIT


def plan(jane: DesiredContact, live_jane: object, policy: str = "propose", **folder: Any) -> Plan:
    acme = customer(contacts=[MARA, jane], portal_edits=policy, services=("certified", "express"), **folder)
    return make_plan(desired(acme), live(customer_in_portal(acme), in_portal(MARA), live_jane), Facts())


def test_a_self_edited_name_or_language_is_neither_told_nor_undone() -> None:
    jane = contact("jane-doe", language="de")
    row = in_portal(jane, name="Jane Deer", language="fr", touched={"name": HERSELF, "language": HERSELF})
    for policy in ("propose", "revert"):
        found = plan(jane, row, policy)
        assert (found.changes, found.portal_edits, found.refusals) == ((), (), ())


def test_a_self_edited_name_gives_way_when_the_file_moves() -> None:
    jane = contact("jane-doe")
    row = in_portal(jane, name="Jane Deer", touched={"name": HERSELF})
    (change,) = plan(contact("jane-doe", name="Jane Dorn"), row).changes
    assert [(f.name, f.before, f.after) for f in change.fields] == [("name", "Jane Deer", "Jane Dorn")]


def test_both_sides_at_the_same_new_value_only_move_the_base() -> None:
    jane = contact("jane-doe", services=("certified",))
    row = in_portal(jane, applied=applied({**jane.fields, "services": ("express",)}), touched={"services": ADMIN})
    (change,) = plan(jane, row).changes
    assert (change.kind, change.fields, change.effects.mails, change.base) == (Kind.RECORD, (), (), jane.fields)


@pytest.mark.parametrize("heir", ["mara-meyer", None])
def test_what_the_portal_does_not_show_is_shown_and_only_remembered(heir: str | None) -> None:
    jane = contact("jane-doe", heir=heir)
    (change,) = plan(jane, in_portal(contact("jane-doe"))).changes
    shown = (FieldChange("heir", None, heir),) if heir else ()
    kind = Kind.UPDATE_CONTACT if heir else Kind.RECORD
    assert (change.kind, change.fields, change.base) == (kind, shown, jane.fields)


def test_an_announced_departure_is_remembered_and_shown_when_it_moves() -> None:
    announced = {"leaves.on": "2027-03-31", "leaves.reason": "left"}
    jane = contact("jane-doe", leaves=Leaving("2027-03-31", "left"), **announced)
    (change,) = plan(jane, in_portal(contact("jane-doe"))).changes
    shown = tuple(FieldChange(name, None, value) for name, value in announced.items())
    assert (change.kind, change.fields, change.base) == (Kind.UPDATE_CONTACT, shown, jane.fields)
    moved = contact("jane-doe", leaves=Leaving("2027-06-30", "left"), **announced | {"leaves.on": "2027-06-30"})
    (change,) = plan(moved, in_portal(jane)).changes
    assert change.fields == (FieldChange("leaves.on", "2027-03-31", "2027-06-30"),)


def test_a_remembered_field_beside_others_is_shown_with_the_last_of_them() -> None:
    before, after = contact("jane-doe", heir="tom-lang"), contact("jane-doe", name="Jane Roe", role="manager")
    kinds = [
        (change.kind, [field.name for field in change.fields]) for change in plan(after, in_portal(before)).changes
    ]
    assert kinds == [(Kind.UPDATE_CONTACT, ["heir", "name"]), (Kind.CHANGE_ROLE, ["role"])]


def test_a_line_that_goes_from_a_file_leaves_the_value_and_forgets_the_base() -> None:
    before, after = contact("jane-doe", language="de"), contact("jane-doe")
    (change,) = plan(after, in_portal(before)).changes
    assert (change.kind, change.fields) == (Kind.RECORD, ())
    assert "language" not in (change.base or {})


def test_a_first_line_about_a_field_names_who_set_the_portals_value() -> None:
    row = in_portal(contact("jane-doe"), language="fr", touched={"language": ADMIN})
    (change,) = plan(contact("jane-doe", language="de"), row).changes
    assert [str(note) for note in change.notes] == ["language was set by Ada Admin on 2026-11-20"]
    assert str(change.notes[0]) in str(change.message)


def test_an_edit_is_proposed_with_who_and_when() -> None:
    jane = contact("jane-doe", services=("certified",))
    found = plan(jane, in_portal(jane, services=("certified", "express"), touched={"services": ADMIN}))
    assert found.changes == ()
    assert [(e.field, e.applied, e.live, e.by, e.at) for e in found.portal_edits] == [
        ("services", ("certified",), ("certified", "express"), "Ada Admin", RECENTLY)
    ]


def test_an_edit_of_one_field_does_not_stop_a_change_of_another() -> None:
    jane = contact("jane-doe", services=("certified",), language="de")
    row = in_portal(jane, services="all", language="fr", applied=applied({**jane.fields, "language": "fr"}))
    found = plan(jane, row)
    assert [[f.name for f in change.fields] for change in found.changes] == [["language"]]
    assert [edit.field for edit in found.portal_edits] == ["services"]


REVERTS = [
    ("a role raised in the portal is lowered", {"role": "requester"}, {"role": "manager"}, Kind.CHANGE_ROLE),
    ("services given in the portal are withdrawn", {"services": ("certified",)}, {"services": "all"}, Kind.UPDATE_CONTACT),
    ("a name is set back", {"name": "Jane Doe"}, {"name": "Jane Dear"}, Kind.UPDATE_CONTACT),
]  # fmt: skip
KEPT = [
    ("a manager made requester stays one", {"role": "manager"}, {"role": "requester"}),
    ("a requester made observer stays one", {"role": "requester"}, {"role": "observer"}),
    ("an observer made requester lost sight of others' work", {"role": "observer"}, {"role": "requester"}),
    ("withdrawn services stay withdrawn", {"services": "all"}, {"services": ("certified",)}),
    ("all services withdrawn stay withdrawn", {"services": ("certified",)}, {"services": ()}),
    ("swapped services would give one back", {"services": ("certified",)}, {"services": ("express",)}),
    ("an address taken away stays away", {"email": "jane@acme.example"}, {"email": "other@acme.example"}),
    ("a protection set in the portal stays", {"protected": False}, {"protected": True}),
]


@pytest.mark.parametrize(("said", "file", "portal", "kind"), REVERTS, ids=[case[0] for case in REVERTS])
def test_under_revert_git_wins(said: str, file: dict[str, Any], portal: dict[str, Any], kind: Kind) -> None:
    jane = contact("jane-doe", **file)
    row = in_portal(jane, **portal, touched=dict.fromkeys(portal, ADMIN))
    found = plan(jane, row, "revert")
    assert [(c.kind, {f.name: f.after for f in c.fields}) for c in found.changes] == [(kind, file)]
    assert found.portal_edits == ()
    assert [str(note) for note in found.changes[0].notes] == [
        f"undoes the edit of {field} by Ada Admin on {ADMIN.at[:10]}" for field in sorted(file)
    ]


@pytest.mark.parametrize(("said", "file", "portal"), KEPT, ids=[case[0] for case in KEPT])
def test_revert_never_gives_back_access_or_power(said: str, file: dict[str, Any], portal: dict[str, Any]) -> None:
    jane = contact("jane-doe", **file)
    found = plan(jane, in_portal(jane, **portal, touched=dict.fromkeys(portal, ADMIN)), "revert")
    assert found.changes == ()
    assert [(e.field, e.live) for e in found.portal_edits] == list(portal.items())


def test_a_role_taken_back_hands_its_work_over_first() -> None:
    jane = contact("jane-doe", role="observer")
    row = in_portal(jane, role="manager", touched={"role": ADMIN})
    acme = customer(contacts=[MARA, jane], portal_edits="revert")
    state = live(customer_in_portal(acme), in_portal(MARA), row, request(row))
    kinds = [(c.kind, str(c.effects.work_to)) for c in make_plan(desired(acme), state, Facts()).changes]
    assert kinds[0] == (Kind.HAND_OVER_WORK, "acme/mara-meyer")


def test_a_conflict_holds_back_all_of_that_contact_and_nobody_else() -> None:
    jane = contact("jane-doe", services=("certified",), language="de")
    row = in_portal(
        jane, services="all", language="fr", touched={"services": ADMIN},
        applied=applied({**jane.fields, "services": ("express",), "language": "fr"}),
    )  # fmt: skip
    found = plan(jane, row, "revert")
    assert found.changes == ()
    assert [(r.rule, r.scope, r.contact) for r in found.refusals] == [("conflict", Scope.CONTACT, "jane-doe")]
    assert "services is ('certified',) in the file and 'all' in the portal" in str(found.refusals[0].message)


CUSTOMER_EDITS = [
    ("description", "Devices", "Toys", True), ("services", ("certified",), ("certified", "express"), True),
    ("services", ("certified", "express"), ("certified",), False), ("services", "all", ("certified",), False),
    ("project_managers", ("lee@provider.example",), (), False),
    ("project_managers", (), ("lee@provider.example",), True), ("email_domains", ("acme.example",), (), False),
    ("protected", False, True, False),
]  # fmt: skip


@pytest.mark.parametrize(("field", "file", "portal", "undone"), CUSTOMER_EDITS)
def test_an_edit_of_a_customer_is_undone_unless_that_gives_more(
    field: str, file: Any, portal: Any, undone: bool
) -> None:
    acme = customer(contacts=[MARA], portal_edits="revert", **{field: file})
    state = live(customer_in_portal(acme, **{field: portal}), in_portal(MARA))
    found = make_plan(desired(acme), state, Facts())
    assert [[f.after for f in c.fields] for c in found.changes] == ([[file]] if undone else [])
    assert [edit.live for edit in found.portal_edits] == ([] if undone else [portal])


def test_a_conflict_in_the_customers_file_refuses_that_customer() -> None:
    acme = customer(contacts=[MARA], description="Devices")
    row = customer_in_portal(acme, description="Toys", applied=applied({"name": "Acme", "description": "Pumps"}))
    found = make_plan(desired(acme), live(row, in_portal(MARA)), Facts())
    assert [(r.rule, r.scope) for r in found.refusals] == [("conflict", Scope.CUSTOMER)]
    assert found.changes == ()
