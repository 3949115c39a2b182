"""The oracle itself, against answers worked out by hand and what the portal really offers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.model.live import Status
from reconciler.portal.actions.offers import orderable_services
from tests.builders import contact, customer
from tests.rights.cases import applied_portal, files, service, without
from tests.rights.edits import LEE, LISTS
from tests.rights.oracle import NONE, Oracle, Rights
from tests.rights.watching import snapshot, watched_run
from tests.runs.world import Served, World

CERT, STD = service("cert", open_to_all=True), service("std", open_to_all=False)
BASIC = {"access", "send requests", "accept quotes"}


def rights(listed: Any, *, role: str = "requester", status: Status = Status.ACTIVE, **home: Any) -> Rights:
    """The rights of one contact whose own list this is."""
    folder = customer("acme", [contact("sam", "acme", role, services=listed)], **home)
    state = applied_portal(files([folder], [CERT, STD]), {"acme/sam": status})
    return Oracle().rights([state])[0].get("con_acme_sam", NONE)


@pytest.mark.parametrize(
    ("own", "home", "services"),
    [
        ("all", (), {"service svc_cert"}),
        ("all", ("std",), {"service svc_cert", "service svc_std"}),
        (None, "all", {"service svc_cert", "service svc_std"}),
        ((), "all", set()),
        (("std",), "all", {"service svc_std"}),
        (("std",), (), set()),
        (("cert",), ("std",), {"service svc_cert"}),
    ],
)
def test_a_service_is_open_or_listed_by_the_customer_and_always_in_the_own_list(
    own: Any, home: Any, services: set[str]
) -> None:
    assert rights(own, services=home).now == BASIC | services


def test_an_observer_sees_requests_and_orders_nothing() -> None:
    found = rights("all", role="observer", services="all", project_managers=LEE)
    assert found.now == {"access", "see all requests"}


def test_a_manager_may_do_everything() -> None:
    found = rights((), role="manager", project_managers=LEE).now
    assert found == BASIC | {"see all requests", "manage the team", "ordering"}


@pytest.mark.parametrize("status", [Status.INVITED, Status.LINK_EXPIRED])
def test_who_is_not_active_yet_may_do_nothing_and_will_as_soon_as_they_are(status: Status) -> None:
    assert rights((), status=status) == Rights(frozenset(), frozenset(BASIC))


def test_who_was_removed_or_archived_has_no_rights() -> None:
    state = applied_portal(files([customer("acme", [contact("sam", "acme")])], [CERT]))
    gone = [without(state, "con_acme_sam"), without(state, "cus_acme")]
    assert Oracle().rights(gone) == [{}, {}]


@pytest.fixture
def mixed(served: Served) -> Iterator[World]:
    """A portal of five customers with a list each, and in each a contact with each list."""
    homes = [
        customer(
            key,
            [contact(f"r-{number}", key, services=own) for number, own in enumerate(LISTS)],
            services=listed,
            project_managers=LEE,
        )
        for key, listed in zip(("a", "b", "c", "d", "e"), LISTS, strict=True)
    ]
    world = World(served)
    watched_run(world, files(homes, [CERT, STD]))
    yield world
    world.close()


def test_the_model_and_the_database_give_the_same_rights(mixed: World) -> None:
    found = snapshot(mixed).rights
    assert len(found) == 25
    assert Oracle().rights([mixed.reader.live_state()])[0] == found


def test_the_portal_offers_the_services_that_the_oracle_finds(mixed: World) -> None:
    now = snapshot(mixed)
    with mixed.store.read() as connection:
        offered = {id: orderable_services(connection, id) for id in now.rights}
    for id, found in now.rights.items():
        services = {right for right in found.once_active if right.startswith("service ")}
        assert services == {f"service {row['id']}" for row in offered[id]}, now.names[id]
