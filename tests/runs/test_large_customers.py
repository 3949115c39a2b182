"""A customer of more people than one batch takes, against a real portal."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.adapters.writer import PortalWriter
from reconciler.cli.exit_codes import of_outcome
from reconciler.model.changes import Change, ObjectKind
from reconciler.model.errors import BatchRefused
from reconciler.model.outcome import GroupStatus
from reconciler.model.plan import Expects
from reconciler.model.portal import Committed, Lease, RunMark
from reconciler.planning import large_groups
from reconciler.portal.store import tables as t
from reconciler.reports.outcome import outcome_text
from reconciler.usecases import batches
from tests.builders import contact, customer, desired, farewell
from tests.runs.world import World

ONE_BATCH = 20
MARA = contact("mara-meyer", role="manager")
CROWD = [contact(f"c{number:02}") for number in range(ONE_BATCH)]


class Recording(PortalWriter):
    """A writer that notes how many changes of people each batch has; a proxy limits them."""

    def __init__(self, world: World, limit: int = 1000) -> None:
        super().__init__(world.address)
        self.sizes: list[int] = []
        self.limit = limit

    def write_batch(self, changes: Sequence[Change], lease: Lease, mark: RunMark, expects: Expects) -> Committed:
        if len(changes) > self.limit:
            raise BatchRefused("too large", "too-large", status=413)
        if any(change.object is ObjectKind.CONTACT for change in changes):
            self.sizes.append(len(changes))
        return super().write_batch(changes, lease, mark, expects)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch takes a few changes here, so that a large customer is not slow."""
    for module in (large_groups, batches):
        monkeypatch.setattr(module, "ONE_BATCH", ONE_BATCH)


def test_a_large_customer_arrives_in_several_batches_and_its_people_leave_in_one(world: World) -> None:
    whole, few = desired(customer(contacts=[MARA, *CROWD])), desired(customer(contacts=[MARA], description="Toys"))
    writer = Recording(world)
    world.apply(whole, writer=writer)
    world.apply(few, writer=writer)
    assert writer.sizes == [ONE_BATCH, 2, ONE_BATCH + 1]
    assert [row["status"] for row in world.rows(t.contacts)].count("removed") == ONE_BATCH


def test_the_rest_of_a_large_group_is_still_judged_on_what_was_planned(world: World) -> None:
    """Its own additions are no surprise for the removals that follow them."""
    tom = contact("tom-lang")
    world.apply(desired(customer(contacts=[MARA, tom])))
    writer = Recording(world)
    tree = desired(customer(contacts=[MARA, *CROWD], farewells=[farewell("tom-lang")]))
    assert of_outcome(world.apply(tree, writer=writer)) == 0
    assert writer.sizes == [ONE_BATCH, 1]


class RefusedAfter(PortalWriter):
    """A writer whose batches the portal refuses after the first one."""

    is_first = True

    def write_batch(self, changes: Sequence[Change], lease: Lease, mark: RunMark, expects: Expects) -> Committed:
        if not self.is_first:
            raise BatchRefused("an administrator must look at it", "in-use", status=409)
        self.is_first = False
        return super().write_batch(changes, lease, mark, expects)


def test_a_failed_group_of_which_a_part_was_written_is_not_called_unchanged(world: World) -> None:
    world.apply(desired(customer(contacts=[MARA])))
    outcome = world.run(
        desired(customer(contacts=[MARA, *CROWD, contact("jane-doe")])), writer=RefusedAfter(world.address)
    )
    (group,) = outcome.groups
    assert (of_outcome(outcome), group.status, outcome.was_changed) == (7, GroupStatus.FAILED, True)
    assert group.revision is not None
    assert outcome_text(outcome).endswith("Changed in part: acme.\n")


def test_additions_that_are_too_large_for_a_proxy_are_halved_and_removals_are_not(world: World) -> None:
    whole, few = desired(customer(contacts=[MARA, *CROWD])), desired(customer(contacts=[MARA], description="Toys"))
    writer = Recording(world, limit=ONE_BATCH // 2)
    world.apply(whole, writer=writer)
    assert writer.sizes == [ONE_BATCH // 2, ONE_BATCH // 2, 2]
    outcome = world.run(few, writer=writer, permissions=world.permitted(few))
    assert (of_outcome(outcome), [group.status for group in outcome.groups]) == (7, [GroupStatus.FAILED])
