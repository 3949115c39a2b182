"""What a plan says of the files: their warnings, what was acknowledged, and what has done its work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.desired import DesiredService, DesiredState, Leaving, Place
from reconciler.model.findings import FileFinding
from reconciler.model.live import FormerKey, Status
from reconciler.model.plan import Facts, Plan, Scope
from reconciler.model.sentences import layout
from reconciler.planning import make_plan, make_plan_since
from tests.builders import (
    applied,
    contact,
    customer,
    customer_in_portal,
    desired,
    farewell,
    in_portal,
    live,
    portal_of,
    removed,
)

MARA = contact("mara-meyer", role="manager")
JANE = contact("jane-doe")
PATH = "customers/acme/contacts/jane-doe.yaml"
FOREIGN = FileFinding("foreign-domain", PATH, 2, layout("x"), None, "acme", "jane-doe")


def acknowledging(folder: Any, *rules: str) -> Any:
    """The folder whose customer.yaml acknowledges these rules."""
    places = {"acknowledge": Place("customers/acme/customer.yaml", 4)}
    return replace(folder, acknowledge=rules, places=places)


def person(key: str, *rules: str, **more: Any) -> Any:
    """A contact whose file acknowledges these rules."""
    path = f"customers/acme/contacts/{key}.yaml"
    return replace(contact(key, **more), acknowledge=rules, places={"acknowledge": Place(path, 5)})


def with_findings(state: DesiredState, *findings: FileFinding) -> DesiredState:
    return replace(state, findings=findings)


def warnings(found: Plan) -> list[tuple[str, str | None, str | None]]:
    return [(one.rule, one.customer, one.contact) for one in found.warnings]


def notes(found: Plan) -> list[tuple[str, str | None]]:
    return [(one.rule, one.contact) for one in found.notes]


def test_a_plan_shows_the_warnings_of_the_files_with_their_places() -> None:
    acme = customer(contacts=[MARA, JANE])
    found = make_plan(with_findings(desired(acme), FOREIGN), portal_of(acme), Facts())
    assert [(one.rule, one.path, one.line) for one in found.warnings] == [("foreign-domain", PATH, 2)]


@pytest.mark.parametrize("at", ["contact", "customer"])
def test_an_acknowledged_warning_of_the_files_is_not_shown(at: str) -> None:
    jane = person("jane-doe", *(["foreign-domain"] if at == "contact" else []))
    acme = acknowledging(customer(contacts=[MARA, jane]), *(["foreign-domain"] if at == "customer" else []))
    found = make_plan(with_findings(desired(acme), FOREIGN), portal_of(acme), Facts())
    assert (found.warnings, found.notes) == ((), ())


def test_an_acknowledgement_covers_its_own_contact_and_its_own_rule_alone() -> None:
    acme = customer(contacts=[MARA, JANE, person("tom-lang", "foreign-domain")])
    found = make_plan(with_findings(desired(acme), FOREIGN), portal_of(acme), Facts())
    assert warnings(found) == [("foreign-domain", "acme", "jane-doe")]


def test_a_warning_of_the_plan_is_acknowledged_too_and_its_end_is_a_note() -> None:
    leaver = replace(
        person("jane-doe", "link-expired"), leaves=Leaving("2026-11-30", "left"), acknowledge=("leaves-soon",)
    )
    acme = customer(contacts=[MARA, leaver])
    assert make_plan(desired(acme), portal_of(acme), Facts()).warnings == ()
    stays = person("jane-doe", "leaves-soon")
    found = make_plan(desired(customer(contacts=[MARA, stays])), portal_of(acme), Facts())
    assert notes(found) == [("acknowledge", "jane-doe")]
    assert str(found.notes[0].message) == "there is no warning 'leaves-soon' here to acknowledge"


def test_no_refusal_is_acknowledged() -> None:
    acme = acknowledging(customer(contacts=[MARA], farewells=[farewell("jane-dow")]), "unknown-key")
    state = live(customer_in_portal(acme), in_portal(MARA), in_portal(JANE))
    found = make_plan(desired(acme), state, Facts())
    assert [(one.rule, one.scope) for one in found.refusals] == [("unknown-key", Scope.CONTACT)]
    assert (found.warnings, found.notes) == ((), ())


def test_a_pull_request_shows_the_warnings_that_it_adds() -> None:
    acme = customer(contacts=[MARA, JANE])
    later = replace(FOREIGN, line=7)
    other = replace(FOREIGN, contact="mara-meyer", path="customers/acme/contacts/mara-meyer.yaml")
    before, now = with_findings(desired(acme), FOREIGN), with_findings(desired(acme), later, other)
    found = make_plan_since(before, now, portal_of(acme), Facts())
    assert warnings(found) == [("foreign-domain", "acme", "mara-meyer")]


def test_a_new_customer_whose_file_names_neither_project_managers_nor_services_cannot_order() -> None:
    bolt = customer("bolt", [contact("bea", "bolt", role="manager")])
    found = make_plan(desired(bolt), live(), Facts())
    assert [(one.rule, one.path, str(one.message)) for one in found.warnings] == [
        ("cannot-order", "customers/bolt/customer.yaml", "bolt has no project manager and no service")
    ]
    services = {"express": DesiredService("express", {"name": "E", "available_to_all": True}, Place("portal.yaml", 9))}
    full = customer("bolt", bolt.contacts.values(), project_managers=("lee@provider.example",))
    assert make_plan(desired(full, services=services), live(), Facts()).warnings == ()
    # An existing one keeps what the portal has.
    assert make_plan(desired(bolt), portal_of(bolt), Facts()).warnings == ()


def gone(one: Any) -> Any:
    return in_portal(one, status=Status.REMOVED, removal=removed(), applied=applied(one.fields, present=False))


def finished(found: Plan) -> list[str]:
    return [str(note.message) for note in found.notes if note.rule == "finished-file"]


def test_a_farewell_and_a_dated_file_that_were_carried_out_have_done_their_work() -> None:
    tom = contact("tom-lang", leaves=Leaving("2026-11-20", "left"), previously=("t-lang",))
    acme = customer(contacts=[MARA, tom], farewells=[farewell("jane-doe"), farewell("olaf-berg", keep=True)])
    state = live(customer_in_portal(acme), in_portal(MARA), gone(JANE), gone(tom))
    former = frozenset({FormerKey("contact", "cus_acme", "olaf-berg"), FormerKey("contact", "cus_acme", "t-lang")})
    found = make_plan(desired(acme), replace(state, former_keys=former), Facts())
    assert finished(found) == [
        (
            "3 files have done their work: customers/acme/contacts/tom-lang.yaml, customers/acme/removed/jane-doe.yaml, "
            "customers/acme/removed/olaf-berg.yaml"
        )
    ]
    assert found.changes == ()


def test_a_farewell_that_is_carried_out_now_or_that_others_name_as_their_heir_has_work_to_do() -> None:
    acme = customer(contacts=[MARA], farewells=[farewell("jane-doe")])
    assert (
        finished(make_plan(desired(acme), live(customer_in_portal(acme), in_portal(MARA), in_portal(JANE)), Facts()))
        == []
    )
    eva = contact("eva-fuchs", heir="jane-doe")
    chain = customer(contacts=[MARA, eva], farewells=[farewell("jane-doe", heir="mara-meyer")])
    state = live(customer_in_portal(chain), in_portal(MARA), in_portal(eva), gone(JANE))
    assert finished(make_plan(desired(chain), state, Facts())) == []


def test_a_registration_that_was_rejected_is_done() -> None:
    reject = farewell("nina-roth", registration="reg-7f3c", reason="rejected")
    acme = customer(contacts=[MARA], farewells=[reject])
    state = replace(portal_of(acme), decided_registrations=frozenset({"reg-7f3c"}))
    assert finished(make_plan(desired(acme), state, Facts())) == [
        "1 file has done its work: customers/acme/removed/nina-roth.yaml"
    ]


@pytest.mark.parametrize(
    ("on", "rows", "message"),
    [
        ("2072-03-31", [in_portal(JANE)], "the last day 2072-03-31 is 46 years ahead"),
        ("2006-03-31", [], "the last day 2006-03-31 has passed, so the contact is not added"),
        (
            "2006-03-31",
            [in_portal(JANE)],
            "the last day 2006-03-31 has passed long ago, so the contact leaves with this plan",
        ),
    ],
    ids=["years ahead", "a new contact", "an existing contact"],
)
def test_a_last_day_in_a_year_that_is_probably_mistyped_is_a_warning(on: str, rows: Any, message: str) -> None:
    leaver = contact("jane-doe", leaves=Leaving(on, "left"), **{"leaves.on": on, "leaves.reason": "left"})
    acme = customer(contacts=[MARA, leaver])
    found = make_plan(desired(acme), live(customer_in_portal(acme), in_portal(MARA), *rows), Facts())
    assert [(one.rule, str(one.message)) for one in found.warnings] == [("leaves-date", message)]


def test_a_departure_that_was_announced_in_time_is_no_mistake() -> None:
    leaver = contact("jane-doe", leaves=Leaving("2026-11-20", "left"), **{"leaves.on": "2026-11-20"})
    acme = customer(contacts=[MARA, leaver])
    assert make_plan(desired(acme), portal_of(acme), Facts()).warnings == ()
    done = make_plan(desired(acme), live(customer_in_portal(acme), in_portal(MARA), gone(leaver)), Facts())
    assert done.warnings == ()
