"""What was done before is done once more: a second life is a write of its own."""

from __future__ import annotations

from dataclasses import replace

from reconciler.cli.exit_codes import of_outcome
from reconciler.model.desired import DesiredService, DesiredState, Place
from reconciler.model.plan import Permissions
from reconciler.model.values import Fields
from reconciler.portal.store import tables as t
from tests.builders import contact, customer, desired
from tests.runs.world import World

MARA = contact("mara-meyer", role="manager")
JANE = contact("jane-doe")
WITH_JANE = desired(customer("acme", [MARA, JANE]))
WITHOUT_JANE = desired(customer("acme", [MARA]))
FIELDS: Fields = {"name": "Sworn", "workflows": ("pm_quote_manual",), "available_to_all": False}


def with_service(state: DesiredState) -> DesiredState:
    return replace(state, services={"sworn": DesiredService("sworn", FIELDS, Place("portal.yaml", 9))})


def converges(world: World, *states: DesiredState) -> None:
    for state in states:
        outcome = world.apply(state, permissions=Permissions(allow_removals=None))
        assert of_outcome(outcome) == 0, outcome
        world.nothing_left(state)


def test_a_service_that_is_retired_can_be_added_again(world: World) -> None:
    without = replace(WITHOUT_JANE, services={})
    converges(world, with_service(without), without, with_service(without), without, with_service(without))
    assert [row["external_key"] for row in world.rows(t.services)] == ["sworn"]


def test_a_contact_who_leaves_and_comes_back_and_leaves_again_is_written_each_time(world: World) -> None:
    converges(world, WITH_JANE, WITHOUT_JANE, WITH_JANE, WITHOUT_JANE, WITH_JANE)
    kinds = [kind for kind, to in world.mails().elements() if to == JANE.email]
    assert sorted(kinds) == ["activation", "activation_again", "activation_again"]


def test_customers_exchange_and_pass_on_their_names_in_one_run(world: World) -> None:
    beth, gil = contact("beth-bell", "beta", "manager"), contact("gil-gold", "gamma", "manager")
    acme, beta = customer("acme", [MARA], name="Acme"), customer("beta", [beth], name="Beta")
    exchanged = [
        replace(acme, fields={**acme.fields, "name": "Beta"}),
        replace(beta, fields={**beta.fields, "name": "Acme"}),
    ]
    passed_on = [*exchanged[:1], customer("beta", [beth], name="New"), customer("gamma", [gil], name="Acme")]
    converges(world, desired(acme, beta), desired(*exchanged), desired(*passed_on))
