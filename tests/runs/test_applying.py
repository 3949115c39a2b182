"""Applying against a real portal: what is written, when, and what is left."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import NoReturn

import pytest

from reconciler.adapters.writer import PortalWriter
from reconciler.cli.exit_codes import of_outcome
from reconciler.model.changes import Kind
from reconciler.model.desired import DesiredService, DesiredState, Place, Policy
from reconciler.model.errors import LeaseHeld, Stale, Unreachable
from reconciler.model.files import Tree
from reconciler.model.outcome import GroupStatus
from reconciler.model.plan import Facts, Permissions, Plan, review_of
from reconciler.model.portal import RunMark
from reconciler.model.values import Fields
from reconciler.planning import exact_permissions, make_plan, shard_of
from reconciler.portal.actions import contacts, requests
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.store import tables as t
from reconciler.usecases.apply import apply_folder
from reconciler.usecases.checkout import Folder
from reconciler.usecases.request_executor import ApplyOptions
from tests.builders import contact, customer, desired, farewell, policy_fields
from tests.runs.world import World, contact_row, silent, with_customer

MARA = contact("mara-meyer", role="manager")
JANE = contact("jane-doe")
TOM = contact("tom-lang")
BOOK = desired(customer("acme", [MARA, JANE, TOM]))


def send_request(world: World, email: str, title: str = "Manual") -> str:
    with world.as_admin() as work:
        fields = {
            "title": title, "service": None, "workflow": "pm_quote_manual", "source_language": "en",
            "target_languages": ["de"], "deadline": None, "comment": None,
        }  # fmt: skip
        row = requests.send(work, contact_row(work, email), fields)
        work.audit(AuditAction.POST_REQUESTS, row, None, {"title": title})
    return row.id


def owners(world: World) -> dict[str, str]:
    names = {row["id"]: row["external_key"] for row in world.rows(t.contacts)}
    return {row["id"]: names[row["owner"]] for row in world.rows(t.requests)}


def test_an_empty_portal_becomes_what_the_files_say(world: World) -> None:
    outcome = world.apply(BOOK)
    assert [group.status for group in outcome.groups] == [GroupStatus.APPLIED, GroupStatus.APPLIED]
    assert set(world.mails()) == {("activation", c.email) for c in (MARA, JANE, TOM)}
    assert of_outcome(outcome) == 0


def test_a_leaver_with_open_requests_and_no_heir_holds_back_her_customer_alone(world: World) -> None:
    second = contact("nora-nagy", role="manager")
    beta = customer("beta", [contact("bea-berg", "beta", "manager")])
    book = with_customer(BOOK, acme=customer("acme", [MARA, second, JANE, TOM]), beta=beta)
    world.apply(book)
    asked = [send_request(world, JANE.email, f"Manual {n}") for n in range(2)]
    gone = with_customer(
        book, acme=customer("acme", [MARA, second, TOM]), beta=replace(beta, fields={**beta.fields, "name": "Beta AG"})
    )
    outcome = world.apply(gone)
    fates = {group.group.customers: group.status for group in outcome.groups}
    assert fates == {("acme",): GroupStatus.HELD_BACK, ("beta",): GroupStatus.APPLIED}
    assert outcome.final_plan is not None
    (refusal,) = outcome.final_plan.refusals
    assert refusal.rule == "no-heir"
    assert all(id in str(refusal.message) for id in asked)
    assert of_outcome(outcome) == 4


def test_everything_that_is_open_moves_also_what_came_after_the_plan(world: World) -> None:
    world.apply(BOOK)
    first = send_request(world, JANE.email)
    gone = desired(customer("acme", [MARA, TOM], [farewell("jane-doe", heir="tom-lang")]))
    seen = world.plan(gone)
    second = send_request(world, JANE.email, "Sent between plan and apply")
    outcome = world.apply(gone, reviewed=(review_of(seen),))
    assert of_outcome(outcome) == 0
    assert owners(world) == {first: "tom-lang", second: "tom-lang"}
    world.nothing_left(gone)


def test_two_people_exchange_their_addresses(world: World) -> None:
    world.apply(BOOK)
    swapped = [MARA, contact("jane-doe", email=TOM.email), contact("tom-lang", email=JANE.email)]
    world.apply(desired(customer("acme", swapped)))
    found = {row["external_key"]: row["email"] for row in world.rows(t.contacts)}
    assert (found["jane-doe"], found["tom-lang"]) == (TOM.email, JANE.email)


def test_a_chain_of_heirs_ends_with_the_one_who_stays(world: World) -> None:
    people = [MARA, JANE, TOM, contact("uma-ulm")]
    world.apply(desired(customer("acme", people)))
    asked = send_request(world, JANE.email)
    gone = [farewell("jane-doe", heir="tom-lang"), farewell("tom-lang", heir="uma-ulm")]
    world.apply(desired(customer("acme", [MARA, people[3]], gone)))
    assert owners(world) == {asked: "uma-ulm"}


def test_a_shared_mailbox_is_passed_on_and_not_the_account(world: World) -> None:
    world.apply(BOOK)
    old = world.rows(t.contacts, t.contacts.c.external_key == "jane-doe")[0]
    after = contact("nina-novak", email=JANE.email)
    world.apply(desired(customer("acme", [MARA, TOM, after], [farewell("jane-doe", heir="tom-lang")])))
    new = world.rows(t.contacts, t.contacts.c.external_key == "nina-novak")[0]
    assert new["id"] != old["id"]
    assert world.rows(t.contacts, t.contacts.c.id == old["id"])[0]["status"] == "removed"


def test_a_moved_contact_leaves_here_and_arrives_there_in_one_transaction(world: World) -> None:
    beta = customer("beta", [contact("bea-berg", "beta", "manager")])
    world.apply(with_customer(BOOK, beta=beta))
    asked = send_request(world, JANE.email)
    there = contact("jane-doe", "beta", email=JANE.email)
    moved = desired(customer("acme", [MARA, TOM]), replace(beta, contacts={**beta.contacts, "jane-doe": there}))
    outcome = world.apply(moved)
    assert [group.group.customers for group in outcome.groups] == [("acme", "beta")]
    assert owners(world) == {asked: "mara-meyer"}
    assert world.served.counting.batches > 0


def test_a_renamed_folder_keeps_everybody_and_sends_no_mail(world: World) -> None:
    world.apply(BOOK)
    before, mails = {row["id"] for row in world.rows(t.contacts)}, world.mails()
    people = [contact(one.key, "acme-group", one.role, email=one.email) for one in (MARA, JANE, TOM)]
    world.apply(desired(customer("acme-group", people, name="Acme", previously=("acme",))))
    assert {row["id"] for row in world.rows(t.contacts)} == before
    assert world.mails() == mails
    assert [row["external_key"] for row in world.rows(t.customers)] == ["acme-group"]


def test_a_service_that_goes_with_its_last_user_goes_last(world: World) -> None:
    fields: Fields = {"name": "Certified", "workflows": ("pm_quote_manual",), "available_to_all": False}
    service = DesiredService("certified", fields, Place("portal.yaml", 9))
    book = replace(desired(customer("acme", [MARA], services=("certified",))), services={"certified": service})
    first = world.apply(book)
    kinds = [change.kind for group in first.groups for change in group.group.changes]
    assert kinds[:3] == [Kind.ADOPT_SETTINGS, Kind.CREATE_SERVICE, Kind.CREATE_CUSTOMER]
    world.apply(replace(desired(customer("acme", [MARA], services=())), services={}))
    assert world.rows(t.services) == []


def test_removing_three_of_five_needs_exactly_that_permission(world: World) -> None:
    people = [MARA, JANE, TOM, contact("uma-ulm"), contact("vera-vogt")]
    world.apply(desired(customer("acme", people)))
    few = desired(customer("acme", people[:2]))
    refused = world.plan(few)
    assert any("3 of 5" in str(refusal.message) for refusal in refused.refusals)
    for number in (2, 4):
        outcome = world.run(few, permissions=Permissions(allow_removals=number))
        assert of_outcome(outcome) == 4
    assert of_outcome(world.apply(few, permissions=Permissions(allow_removals=3))) == 0


def test_what_nobody_reviewed_is_held_back(world: World) -> None:
    world.apply(BOOK)
    named = desired(customer("acme", [MARA, contact("jane-doe", name="Jane Roe"), TOM]))
    reviewed = (review_of(world.plan(named)),)
    more = desired(
        customer("acme", [MARA, contact("jane-doe", name="Jane Roe"), contact("tom-lang", name="Thomas Lang")])
    )
    outcome = world.run(more, reviewed=reviewed)
    assert [group.status for group in outcome.groups] == [GroupStatus.STALE]
    assert of_outcome(outcome) == 5
    assert of_outcome(world.run(named, reviewed=reviewed)) == 0
    world.nothing_left(named)


def test_a_reviewed_plan_of_another_portal_is_refused(world: World) -> None:
    review = replace(review_of(world.plan(BOOK)), portal="elsewhere")
    with pytest.raises(Stale, match="another portal"):
        world.run(BOOK, reviewed=(review,))


def test_where_a_review_is_asked_for_nothing_goes_without_one(world: World) -> None:
    held = replace(BOOK, policy=replace(BOOK.policy, unreviewed="hold"))
    outcome = world.run(held)
    assert {group.status for group in outcome.groups} == {GroupStatus.STALE}
    assert world.rows(t.contacts) == []


def test_a_second_run_on_the_same_customer_ends_at_once_and_names_the_first(world: World) -> None:
    other = PortalWriter(world.address)
    lease = other.take_lease(["customer:acme"], 60, "somebody else", "run_first")
    with pytest.raises(LeaseHeld) as held:
        world.run(BOOK)
    assert (held.value.holder, held.value.run) == ("somebody else", "run_first")
    beta = desired(customer("beta", [contact("bea-berg", "beta", "manager")]))
    assert of_outcome(world.run(replace(beta, settings=BOOK.settings))) == 0
    other.give_back(lease)
    other.close()


def test_whoever_waits_gets_the_lease_when_it_is_given_back(world: World) -> None:
    other = PortalWriter(world.address)
    lease = other.take_lease(["customer:acme"], 60, "somebody else", "run_first")
    timer = threading.Timer(0.5, other.give_back, [lease])
    timer.start()
    assert of_outcome(world.run(BOOK, wait_s=30.0)) == 0
    timer.join()
    other.close()


class Sleeper(PortalWriter):
    """A run that is stopped between taking its lease and writing, for longer than the lease lives."""

    def __init__(self, world: World) -> None:
        super().__init__(world.address)
        self.world = world

    def write_batch(self, changes, lease, mark, expects):  # type: ignore[no-untyped-def]
        self.world.forget_leases()
        mine = PortalWriter(self.world.address)
        mine.take_lease(["customer:acme", "settings"], 60, "somebody else", "run_second")
        return super().write_batch(changes, lease, mark, expects)


def test_a_run_that_slept_beyond_its_lease_writes_nothing(world: World) -> None:
    outcome = world.run(BOOK, writer=Sleeper(world), parallelism=1)
    assert {group.status for group in outcome.groups} <= {GroupStatus.STALE, GroupStatus.NOT_TRIED}
    assert world.rows(t.contacts) == []
    assert of_outcome(outcome) == 5


class Meddler(PortalWriter):
    """Somebody edits the portal after the lease was taken and planned under."""

    def __init__(self, world: World, email: str) -> None:
        super().__init__(world.address)
        self.world, self.email = world, email

    def write_batch(self, changes, lease, mark, expects):  # type: ignore[no-untyped-def]
        with self.world.as_admin() as work:
            row = contact_row(work, self.email)
            work.audit(AuditAction.PATCH_CONTACTS, row, *contacts.edit(work, row, {"name": "Edited Meanwhile"}))
        return super().write_batch(changes, lease, mark, expects)


def test_an_edit_between_plan_and_write_survives(world: World) -> None:
    world.apply(BOOK)
    role = desired(customer("acme", [MARA, contact("jane-doe", role="manager"), TOM]))
    outcome = world.run(role, writer=Meddler(world, JANE.email))
    assert [group.status for group in outcome.groups] == [GroupStatus.STALE]
    row = world.rows(t.contacts, t.contacts.c.external_key == "jane-doe")[0]
    assert (row["name"], row["role"]) == ("Edited Meanwhile", "requester")
    again = world.run(role)
    assert of_outcome(again) == 0
    assert again.final_plan is not None
    assert [edit.field for edit in again.final_plan.portal_edits] == ["name"]


def test_one_customer_that_fails_does_not_stop_the_others(world: World) -> None:
    world.apply(BOOK)
    with world.as_admin() as work:
        home = work.where("customer")[0]
        contacts.add(work, home, {"name": "Una Managed", "email": "taken@acme.example", "role": "observer"})
    jane = contact("jane-doe", email="taken@acme.example")
    beta = customer("beta", [contact("bea-berg", "beta", "manager")])
    both = desired(customer("acme", [MARA, jane, TOM]), beta)
    outcome = world.run(both)
    fates = {group.group.customers: group.status for group in outcome.groups}
    assert fates == {("acme",): GroupStatus.HELD_BACK, ("beta",): GroupStatus.APPLIED}


def test_an_older_commit_after_a_newer_one_is_refused(world: World) -> None:
    writer = PortalWriter(world.address)
    newer = with_customer(BOOK, acme=customer("acme", [MARA, JANE, TOM], description="newer"))
    plan = world.plan(newer, commit="bbbbbbbbbb")
    lease = writer.take_lease(["settings", "customer:acme"], 60, "ci", "run_newer")
    for group in plan.ready:
        writer.write_batch(group.changes, lease, RunMark("acme-translations", "run_newer", "bbbbbbbbbb"), group.expects)
    writer.give_back(lease)
    writer.close()
    old = world.plan(BOOK, commit="aaaaaaaaaa")
    assert {refusal.rule for refusal in old.refusals} == {"older-commit"}
    assert old.ready == ()
    assert world.plan(BOOK, commit="aaaaaaaaaa", allow_rollback="bbbbbbb").refusals == ()


def carry_out_from(world: World, book: DesiredState, commit: str, ancestors: set[str]) -> Plan:
    """Carry out what a job at this commit may; the plan that it made, with every permission but to go back."""
    live = world.reader.live_state()
    permissions = replace(exact_permissions(make_plan(book, live, Facts())), allow_rollback=None)
    plan = make_plan(book, live, Facts(commit, frozenset({commit, *ancestors}), permissions))
    writer, mark = PortalWriter(world.address), RunMark("acme-translations", f"run_{commit}", commit)
    lease = writer.take_lease(["settings", "customer:acme"], 60, "ci", mark.run)
    for group in plan.ready:
        writer.write_batch(group.changes, lease, mark, group.expects)
    writer.give_back(lease)
    writer.close()
    return plan


@pytest.mark.parametrize("touched", ["settings", "retired", "price", "everything"])
@pytest.mark.parametrize("undone", [False, True], ids=["done", "undone"])
def test_an_old_job_moves_nothing_of_settings_services_and_limits(world: World, touched: str, undone: bool) -> None:
    def service(key: str, per_word: str) -> DesiredService:
        fields = {"name": key.title(), "price.currency": "EUR", "price.per_word": per_word}
        return DesiredService(key, fields, Place("portal.yaml", 5))

    def book(*changed: str) -> DesiredState:
        services = {"certified": service("certified", "0.25" if "price" in changed else "0.19")}
        if "retired" not in changed:
            services["sworn"] = service("sworn", "0.30")
        policy = Policy(mails_per_run=10 if "settings" in changed else 50)
        settings = {"sign_up": "closed" if "settings" in changed else "open", **policy_fields(policy)}
        return desired(customer("acme", [MARA]), services=services, settings=settings, policy=policy)

    changed = ("settings", "retired", "price") if touched == "everything" else (touched,)
    old, new = (book(*changed), book()) if undone else (book(), book(*changed))
    first, second = "aaaaaaaaaa", "bbbbbbbbbb"
    carry_out_from(world, old, first, set())
    assert carry_out_from(world, new, second, {first}).refusals == ()
    before = [world.rows(table) for table in (t.settings, t.services)]
    again = carry_out_from(world, old, first, set())
    assert {refusal.rule for refusal in again.refusals} == {"older-commit"}
    assert again.ready == ()
    assert [world.rows(table) for table in (t.settings, t.services)] == before
    assert carry_out_from(world, new, second, {first}).changes == ()


def test_shards_share_out_every_group_once(world: World) -> None:
    book = desired(*(customer(f"c{n}", [contact("mia-maier", f"c{n}", "manager")]) for n in range(9)))
    for part in (1, 2, 3):
        outcome = world.run(book, shard=(part, 3))
        assert all(shard_of(each.group.customers, 3) == part for each in outcome.groups)
    world.nothing_left(book)


def test_unmanaged_rows_are_the_same_bytes_before_and_after(world: World) -> None:
    world.apply(BOOK)
    with world.as_admin() as work:
        home = work.where("customer")[0]
        contacts.add(work, home, {"name": "Una Managed", "email": "una@acme.example", "role": "requester"})
    before = world.rows(t.contacts, t.contacts.c.owner.is_(None))
    world.apply(desired(customer("acme", [MARA, contact("jane-doe", name="Jane Roe")], [farewell("tom-lang")])))
    assert world.rows(t.contacts, t.contacts.c.owner.is_(None)) == before


def test_a_signal_leaves_quickly_and_names_what_is_unknown(world: World) -> None:
    awake = threading.Event()

    class Slow(PortalWriter):
        def write_batch(self, *_: object) -> NoReturn:
            heard[0] = 15
            awake.wait(20)
            raise Unreachable("this run is over")

    heard: list[int | None] = [None]
    voice = replace(silent(), signal=lambda: heard[0])
    began = time.monotonic()
    outcome = apply_folder(
        Folder(world.files, Tree(()), BOOK), world.reader, Slow(world.address), ApplyOptions("run_s", "t"), voice
    )
    assert time.monotonic() - began < 6
    assert outcome.signal == 15
    assert GroupStatus.UNKNOWN in {group.status for group in outcome.groups}
    assert of_outcome(outcome) == 143
    awake.set()
    world.run(BOOK)
