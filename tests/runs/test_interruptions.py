"""Runs that end early: what they say was written, and what the next run needs."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from reconciler.adapters.reader import PortalReader
from reconciler.adapters.writer import PortalWriter
from reconciler.cli.exit_codes import of_error, of_outcome
from reconciler.model.changes import Change
from reconciler.model.desired import DesiredService, DesiredState, Place
from reconciler.model.errors import BatchRefused, Stale, Unreachable
from reconciler.model.live import LiveState
from reconciler.model.outcome import GroupStatus
from reconciler.model.plan import Expects, Permissions, review_of
from reconciler.model.portal import Committed, Lease, RunMark
from reconciler.planning import shard_of
from reconciler.portal.actions import customers
from reconciler.portal.store import tables as t
from reconciler.reports.outcome import outcome_text
from tests.builders import contact, customer, desired, farewell
from tests.runs.world import World

CERTIFIED = DesiredService(
    "certified", {"name": "Certified", "workflows": ("pm_quote_manual",)}, Place("portal.yaml", 9)
)
# The settings and the services are in the shard of the empty key; this customer is in the other.
PORTAL_SHARD = shard_of((), 2)
ELSEWHERE = next(f"c{number}" for number in range(20) if shard_of((f"c{number}",), 2) != PORTAL_SHARD)


class LookingFailsAt(PortalReader):
    """A reader whose n-th look at the portal gets no answer."""

    def __init__(self, world: World, number: int) -> None:
        super().__init__(world.address)
        self.looks_left = number

    def live_state(self) -> LiveState:
        self.looks_left -= 1
        if self.looks_left == 0:
            raise Unreachable("the portal did not answer")
        return super().live_state()


class LagsAt(PortalReader):
    """A reader whose n-th answer comes from a copy of the database that lags."""

    def __init__(self, world: World, number: int, old: LiveState) -> None:
        super().__init__(world.address)
        self.looks_left, self.old = number, old

    def live_state(self) -> LiveState:
        self.looks_left -= 1
        return self.old if self.looks_left == 0 else super().live_state()


class RefusedFrom(PortalWriter):
    """A writer whose batches the portal refuses after the first few."""

    def __init__(self, world: World, accepted: int) -> None:
        super().__init__(world.address)
        self.accepted = accepted

    def write_batch(self, changes: Sequence[Change], lease: Lease, mark: RunMark, expects: Expects) -> Committed:
        self.accepted -= 1
        if self.accepted < 0:
            raise BatchRefused("an administrator must look at it", "in-use", status=409)
        return super().write_batch(changes, lease, mark, expects)


def three_customers(*names: str) -> DesiredState:
    """Three customers, each with a manager and these contacts."""
    return desired(
        *(
            customer(
                key,
                [contact("mara-meyer", key, "manager"), *(contact(name, key) for name in names)],
                [farewell(name, key) for name in {"jane-doe", "tom-lang"} - set(names)],
            )
            for key in ("acme", "beta", "gamma")
        )
    )


def everybody_active(world: World) -> None:
    with world.as_admin() as work:
        for row in work.where("contact", t.contacts.c.status == "invited"):
            row["status"] = "active"


def with_certified() -> DesiredState:
    """A new service, and in another shard a new customer that needs it."""
    folder = customer(ELSEWHERE, [contact("mara-meyer", ELSEWHERE, "manager")], services=("certified",))
    return replace(desired(folder), services={"certified": CERTIFIED})


def test_a_failure_of_the_last_look_says_that_everything_was_applied(world: World) -> None:
    world.reader = LookingFailsAt(world, 3)
    outcome = world.run(three_customers("jane-doe"))
    assert of_outcome(outcome) == 7
    text = outcome_text(outcome)
    assert "The last look at the portal failed: the portal did not answer" in text
    assert text.endswith("All of the plan was applied.\n")


def test_a_second_answer_that_is_older_than_the_first_is_stale_and_nothing_is_written(world: World) -> None:
    old = world.reader.live_state()
    with world.as_admin() as work:
        customers.create(work, {"name": "Somebody else"})
    world.reader = LagsAt(world, 2, old)
    with pytest.raises(Stale, match="older than an answer before it") as error:
        world.run(three_customers("jane-doe"))
    assert of_error(error.value) == 5
    assert [row["name"] for row in world.rows(t.customers)] == ["Somebody else"]


def test_a_last_look_that_does_not_show_the_writes_yet_is_no_verdict(world: World) -> None:
    world.reader = LagsAt(world, 3, world.reader.live_state())
    outcome = world.run(three_customers("jane-doe"))
    assert (of_outcome(outcome), outcome.final_plan) == (7, None)
    assert "older than an answer before it" in outcome_text(outcome)


@pytest.mark.parametrize("look", [1, 2])
def test_a_portal_that_is_gone_before_the_first_write_is_unreachable(world: World, look: int) -> None:
    world.reader = LookingFailsAt(world, look)
    with pytest.raises(Unreachable) as error:
        world.run(three_customers("jane-doe"))
    assert of_error(error.value) == 6
    assert world.rows(t.customers) == []


def test_an_interrupted_run_prints_the_number_for_the_next_one(world: World) -> None:
    world.apply(three_customers("jane-doe", "tom-lang"))
    everybody_active(world)
    outcome = world.run(
        three_customers(), writer=RefusedFrom(world, 1), parallelism=1, permissions=Permissions(allow_removals=6)
    )
    assert "Next: run apply again with --allow-removals 4." in outcome_text(outcome)
    rest = world.run(three_customers(), permissions=outcome.next_permissions)
    assert (of_outcome(rest), rest.next_permissions) == (0, Permissions())


def test_after_a_signal_the_number_comes_from_the_plan_under_the_lease(world: World) -> None:
    world.apply(three_customers("jane-doe", "tom-lang"))
    everybody_active(world)
    outcome = world.run(three_customers(), parallelism=1, signal_after=1, permissions=Permissions(allow_removals=6))
    assert outcome.final_plan is None
    # the group in flight when the signal came may be applied too
    left = 6 - 2 * len(outcome.of(GroupStatus.APPLIED))
    assert outcome.next_permissions == Permissions(allow_removals=left)
    assert left in {2, 4}
    assert of_outcome(world.run(three_customers(), permissions=outcome.next_permissions)) == 0


def test_a_reviewed_number_stays_right_for_a_job_that_runs_again_and_for_each_shard(world: World) -> None:
    world.apply(three_customers("jane-doe", "tom-lang"))
    everybody_active(world)
    review = review_of(world.plan(three_customers(), allow_removals=6))
    world.run(three_customers(), writer=RefusedFrom(world, 1), parallelism=1, reviewed=(review,))
    codes = [of_outcome(world.run(three_customers(), reviewed=(review,), shard=(part, 2))) for part in (1, 2, 1, 2)]
    assert codes == [0, 0, 0, 0]
    world.nothing_left(three_customers())


def test_another_shard_that_removes_people_meanwhile_does_not_make_the_number_wrong(world: World) -> None:
    world.apply(three_customers("jane-doe", "tom-lang"))
    everybody_active(world)
    allowed = Permissions(allow_removals=6)
    parts = {shard_of((key,), 2): key for key in ("acme", "beta", "gamma")}
    mine, other = sorted(parts)

    class OtherShardFirst(PortalWriter):
        """A writer that finds the other shard done when it has its lease."""

        def take_lease(self, scopes: Sequence[str], ttl_s: float, holder: str, run: str) -> Lease:
            lease = super().take_lease(scopes, ttl_s, holder, run)
            assert of_outcome(world.run(three_customers(), shard=(other, 2), permissions=allowed)) == 0
            return lease

    outcome = world.run(three_customers(), writer=OtherShardFirst(world.address), shard=(mine, 2), permissions=allowed)
    assert of_outcome(outcome) == 0
    world.nothing_left(three_customers())


def test_a_group_that_waits_for_another_shard_ends_stale_and_names_the_shard(world: World) -> None:
    outcome = world.run(with_certified(), shard=(shard_of((ELSEWHERE,), 2), 2))
    assert (of_outcome(outcome), outcome.final_plan is not None) == (5, True)
    (refusal,) = outcome.final_plan.refusals if outcome.final_plan else ()
    assert f"shard {PORTAL_SHARD}/2 applies service certified" in str(refusal.hint)
    assert world.rows(t.customers) == []


def test_a_group_that_waits_for_another_shard_is_tried_again_until_that_is_done(world: World) -> None:
    waiting = threading.Thread(
        target=lambda: codes.append(
            of_outcome(world.run(with_certified(), shard=(shard_of((ELSEWHERE,), 2), 2), wait_s=60.0))
        )
    )
    codes: list[int] = []
    waiting.start()
    assert of_outcome(world.run(with_certified(), shard=(PORTAL_SHARD, 2))) == 0
    waiting.join(60)
    assert codes == [0]
    assert [row["status"] for row in world.rows(t.customers)] == ["active"]


def test_a_number_that_lifts_a_limit_in_another_shard_also_holds_while_this_one_waits(world: World) -> None:
    people = [contact(f"c{number}", ELSEWHERE) for number in range(4)]
    mara = contact("mara-meyer", ELSEWHERE, "manager")
    services = {"certified": CERTIFIED}
    world.apply(replace(desired(customer(ELSEWHERE, [mara, *people], services=("certified",))), services=services))
    everybody_active(world)
    closed = replace(desired(customer(ELSEWHERE, [mara, people[0]], services=())), services={})
    allowed = Permissions(allow_removals=len(world.plan(closed).affected_people))
    other: list[int] = []

    class OtherShardAtThird(PortalReader):
        """A reader whose third look, the second one of a run that waits, comes after the other shard."""

        looks = 0

        def live_state(self) -> LiveState:
            self.looks += 1
            if self.looks == 3:
                shard = (shard_of((ELSEWHERE,), 2), 2)
                other.append(of_outcome(world.run(closed, shard=shard, permissions=allowed)))
            return super().live_state()

    world.reader = OtherShardAtThird(world.address)
    outcome = world.run(closed, shard=(PORTAL_SHARD, 2), wait_s=60.0, permissions=allowed)
    assert (of_outcome(outcome), other) == (0, [0])


def test_a_group_that_waits_for_a_refused_one_gives_the_true_reason_at_once(world: World) -> None:
    world.apply(with_certified())
    everybody_active(world)
    closed = replace(with_certified(), services={})
    outcome = world.run(closed, shard=(PORTAL_SHARD, 2), wait_s=60.0)
    assert of_outcome(outcome) == 4
    assert {group.status for group in outcome.groups} == {GroupStatus.HELD_BACK}
