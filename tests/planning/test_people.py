"""What happens to people: whole plans for small states."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.changes import Kind, MailKind
from reconciler.model.desired import DesiredService, Place
from reconciler.model.live import Actor, LiveObject, Status, Touch
from reconciler.model.plan import Facts, Permissions, Plan, Scope
from reconciler.planning import make_plan
from tests.builders import (
    OWNER,
    RECENTLY,
    applied,
    contact,
    customer,
    customer_in_portal,
    desired,
    farewell,
    in_portal,
    live,
    losses,
    portal_of,
    removed,
    request,
)

MARA = contact("mara-meyer", role="manager")
JANE = contact("jane-doe")
TOM = contact("tom-lang")
ADMIN = Touch("Ada Admin", Actor.ADMINISTRATOR, RECENTLY)


def kinds(plan: Plan) -> list[tuple[Kind, str | None]]:
    return [(change.kind, change.contact) for change in plan.changes]


def rules(plan: Plan) -> list[tuple[str, Scope]]:
    return [(refusal.rule, refusal.scope) for refusal in plan.refusals]


def test_equal_states_leave_nothing_to_do() -> None:
    acme = customer(contacts=[MARA, JANE])
    plan = make_plan(desired(acme), portal_of(acme), Facts())
    assert (plan.changes, plan.refusals, plan.portal_edits, plan.unmanaged) == ((), (), (), ())


def test_a_new_file_creates_a_contact_who_gets_one_mail() -> None:
    plan = make_plan(desired(customer(contacts=[MARA, JANE])), portal_of(customer(contacts=[MARA])), Facts())
    (change,) = plan.changes
    assert (change.kind, change.contact) == (Kind.CREATE_CONTACT, "jane-doe")
    assert [(mail.kind, mail.to) for mail in change.effects.mails] == [(MailKind.ACTIVATION, "jane-doe@acme.example")]


def test_an_unmanaged_contact_with_the_address_is_adopted_without_a_mail() -> None:
    state = live(
        customer_in_portal(customer()), in_portal(MARA), in_portal(JANE, owner=None, external_key=None, applied=None)
    )
    plan = make_plan(desired(customer(contacts=[MARA, JANE])), state, Facts())
    assert kinds(plan) == [(Kind.ADOPT_CONTACT, "jane-doe")]
    assert plan.changes[0].effects.mails == ()


def test_a_file_under_another_name_with_the_same_person_is_a_rename() -> None:
    married = contact("jane-miller", name="Jane Doe", email="jane-doe@acme.example")
    plan = make_plan(desired(customer(contacts=[MARA, married])), portal_of(customer(contacts=[MARA, JANE])), Facts())
    assert kinds(plan) == [(Kind.RENAME_CONTACT, "jane-miller")]


def test_the_same_address_under_another_name_asks_whether_it_is_one_person_or_two() -> None:
    other = contact("eva-fuchs", email="jane-doe@acme.example")
    plan = make_plan(desired(customer(contacts=[MARA, other])), portal_of(customer(contacts=[MARA, JANE])), Facts())
    assert ("one-person-or-two", Scope.CUSTOMER) in rules(plan)
    assert all(group.held_back for group in plan.groups)


def test_a_shared_mailbox_passes_on_with_a_farewell() -> None:
    other = contact("eva-fuchs", email="jane-doe@acme.example")
    acme = customer(contacts=[MARA, other], farewells=[farewell("jane-doe")])
    plan = make_plan(desired(acme), portal_of(customer(contacts=[MARA, JANE])), Facts())
    assert kinds(plan) == [(Kind.CREATE_CONTACT, "eva-fuchs"), (Kind.REMOVE_CONTACT, "jane-doe")]
    assert plan.refusals == ()


def test_two_contacts_exchange_their_addresses() -> None:
    before = customer(contacts=[MARA, JANE, TOM])
    after = customer(contacts=[MARA, contact("jane-doe", email=TOM.email), contact("tom-lang", email=JANE.email)])
    plan = make_plan(desired(after), portal_of(before), Facts())
    assert kinds(plan) == [(Kind.CHANGE_EMAIL, "jane-doe"), (Kind.CHANGE_EMAIL, "tom-lang")]
    assert plan.refusals == ()


def test_a_leaver_with_open_work_and_one_manager_hands_over_to_her() -> None:
    state = live(customer_in_portal(customer()), in_portal(MARA), in_portal(JANE), request(in_portal(JANE)))
    plan = make_plan(desired(customer(contacts=[MARA])), state, Facts())
    (change,) = plan.changes
    assert (change.kind, str(change.effects.work_to), change.effects.open_work) == (
        Kind.REMOVE_CONTACT, "acme/mara-meyer", 1,
    )  # fmt: skip
    assert [mail.kind for mail in change.effects.mails] == [MailKind.WORK_RECEIVED]


def test_a_leaver_with_open_work_and_nobody_to_take_it_is_refused_with_the_requests() -> None:
    state = live(customer_in_portal(customer()), in_portal(TOM), in_portal(JANE), request(in_portal(JANE), 7))
    plan = make_plan(desired(customer(contacts=[TOM])), state, Facts())
    assert rules(plan) == [("no-heir", Scope.CUSTOMER)]
    assert "req_7 (quoted)" in str(plan.refusals[0].message)


def test_a_leaver_without_open_work_needs_no_heir() -> None:
    plan = make_plan(desired(customer(contacts=[TOM])), portal_of(customer(contacts=[TOM, JANE])), Facts())
    assert (kinds(plan), plan.refusals) == ([(Kind.REMOVE_CONTACT, "jane-doe")], ())


def test_a_chain_of_leavers_is_followed_to_whoever_stays() -> None:
    state = live(
        customer_in_portal(customer()), in_portal(MARA), in_portal(JANE), in_portal(TOM), request(in_portal(JANE))
    )
    gone = [farewell("jane-doe", heir="tom-lang"), farewell("tom-lang", heir="mara-meyer")]
    plan = make_plan(desired(customer(contacts=[MARA], farewells=gone)), state, Facts())
    assert [str(change.effects.work_to) for change in plan.changes] == ["acme/mara-meyer"] * 2


def test_a_demotion_to_observer_hands_over_first() -> None:
    observer = contact("jane-doe", role="observer")
    state = live(customer_in_portal(customer()), in_portal(MARA), in_portal(JANE), request(in_portal(JANE)))
    plan = make_plan(desired(customer(contacts=[MARA, observer])), state, Facts())
    assert kinds(plan) == [(Kind.HAND_OVER_WORK, "jane-doe"), (Kind.CHANGE_ROLE, "jane-doe")]


def test_a_role_changed_in_the_portal_is_an_edit_to_propose() -> None:
    edited = in_portal(JANE, role="observer", touched={"role": ADMIN})
    plan = make_plan(
        desired(customer(contacts=[MARA, JANE])), live(customer_in_portal(customer()), in_portal(MARA), edited), Facts()
    )
    assert plan.changes == ()
    assert [(e.contact, e.field, e.live, e.by) for e in plan.portal_edits] == [
        ("jane-doe", "role", "observer", "Ada Admin")
    ]


def test_both_sides_moved_is_a_conflict_of_that_contact_alone() -> None:
    edited = in_portal(JANE, role="observer", touched={"role": ADMIN})
    wanted = customer(contacts=[MARA, contact("jane-doe", role="manager"), TOM])
    plan = make_plan(desired(wanted), live(customer_in_portal(customer()), in_portal(MARA), edited), Facts())
    assert rules(plan) == [("conflict", Scope.CONTACT)]
    assert kinds(plan) == [(Kind.CREATE_CONTACT, "tom-lang")]
    assert plan.groups[0].held_back == ()


def test_removed_by_an_administrator_stays_removed_whatever_the_file_says() -> None:
    gone = in_portal(JANE, status=Status.REMOVED, removal=removed())
    for policy in ("propose", "revert"):
        acme = customer(contacts=[MARA, JANE], portal_edits=policy)
        state = live(customer_in_portal(acme), in_portal(MARA), gone)
        plan = make_plan(desired(acme), state, Facts())
        assert plan.changes == ()
        assert [(e.field, e.live) for e in plan.portal_edits] == [("presence", "removed")]


def test_removed_by_us_and_present_again_is_restored() -> None:
    gone = in_portal(JANE, status=Status.REMOVED, removal=removed(), applied=applied(JANE.fields, present=False))
    plan = make_plan(
        desired(customer(contacts=[MARA, JANE])), live(customer_in_portal(customer()), in_portal(MARA), gone), Facts()
    )
    assert kinds(plan) == [(Kind.RESTORE_CONTACT, "jane-doe")]


def test_removed_by_us_with_another_address_starts_a_new_life() -> None:
    gone = in_portal(JANE, status=Status.REMOVED, removal=removed(), applied=applied(JANE.fields, present=False))
    back = contact("jane-doe", email="jane.doe@acme.example")
    plan = make_plan(
        desired(customer(contacts=[MARA, back])), live(customer_in_portal(customer()), in_portal(MARA), gone), Facts()
    )
    assert [(c.kind, c.target.life) for c in plan.changes] == [(Kind.CREATE_CONTACT, 2)]


def test_gone_here_and_there_is_nothing() -> None:
    gone = in_portal(JANE, status=Status.REMOVED, removal=removed(), applied=applied(JANE.fields, present=False))
    plan = make_plan(
        desired(customer(contacts=[MARA])), live(customer_in_portal(customer()), in_portal(MARA), gone), Facts()
    )
    assert plan.changes == ()


def test_a_moved_person_is_one_move_in_one_group() -> None:
    there = contact("jane-doe", "beta", email=JANE.email)
    mia = contact("mia", "beta", role="manager")
    plan = make_plan(
        desired(customer(contacts=[MARA]), customer("beta", [mia, there])),
        portal_of(customer(contacts=[MARA, JANE]), customer("beta", [mia])),
        Facts(),
    )
    (group,) = plan.groups
    assert group.customers == ("acme", "beta")
    assert [change.other_end for change in group.changes] == ["acme/jane-doe", "beta/jane-doe"]
    assert plan.refusals == ()


def test_three_of_five_is_too_many_and_only_the_exact_number_lifts_it() -> None:
    people = [MARA, JANE, TOM, contact("d"), contact("e")]
    state = portal_of(customer(contacts=people))
    wanted = desired(customer(contacts=people[:2]))
    assert rules(make_plan(wanted, state, Facts())) == [("too-many-removals", Scope.CUSTOMER)]
    assert "3 of 5" in str(make_plan(wanted, state, Facts()).refusals[0].message)
    assert make_plan(wanted, state, Facts(permissions=Permissions(allow_removals=3))).refusals == ()
    assert rules(make_plan(wanted, state, Facts(permissions=Permissions(allow_removals=4)))) == [
        ("too-many-removals", Scope.PLAN)
    ]


def test_a_missing_tree_removes_nobody() -> None:
    plan = make_plan(desired(), portal_of(customer(contacts=[MARA])), Facts())
    assert ("tree-empty", Scope.PLAN) in rules(plan)
    assert plan.ready == ()


def test_a_service_for_everybody_is_not_lost_with_the_list() -> None:
    everybody = DesiredService("everybody", {"name": "E", "available_to_all": True}, Place("portal.yaml", 9))
    before = customer(contacts=[MARA, contact("jane-doe", services="all")], services=("certified",))
    after = customer(contacts=[MARA, contact("jane-doe", services=("everybody",))], services=("certified",))
    rows = {
        key: LiveObject(key, 1, {"code": key, "name": "E", "available_to_all": key == "everybody"}, key, OWNER)
        for key in ("certified", "everybody")
    }
    rows["certified"] = replace(rows["certified"], owner=None, external_key=None)
    state = replace(portal_of(before), services=rows)
    plan = make_plan(desired(after, services={"everybody": everybody}), state, Facts())
    assert losses(plan) == {"acme/jane-doe": ("service certified",)}
