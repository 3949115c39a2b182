"""Random histories: any files, any days in the portal, a kill at any request."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.desired import DesiredState
from reconciler.model.errors import ReconcilerError
from reconciler.portal.store import tables as t
from tests.examples import examples
from tests.runs.strategies import Day, books, days, live_through
from tests.runs.world import Fault, Mortal, Served, World

"""How many times as many examples as in the suite; `make soak` sets it."""
Picture = dict[str, Any]


def picture(world: World) -> Picture:
    """What is managed, customer by customer, without ids, versions and times."""
    homes = {row["id"]: row for row in world.rows(t.customers)}
    people = {row["id"]: row for row in world.rows(t.contacts)}
    seen: Picture = {}
    for row in homes.values():
        base = row["applied"] and (row["applied"]["present"], row["applied"]["fields"])
        name = row["external_key"] or row["id"]
        seen[name] = {"": (row["name"], row["status"], row["owner"], base)}
    for row in people.values():
        base = row["applied"] and (row["applied"]["present"], row["applied"]["fields"])
        work = Counter(each["title"] for each in world.rows(t.requests, t.requests.c.owner == row["id"]))
        home = homes.get(row["customer"])
        name = (home["external_key"] or home["id"]) if home else "nowhere"
        identity = f"{row['external_key']}#{row['life']}" if row["external_key"] else row["id"]
        shown = (row["name"], row["email"], row["role"], row["language"], row["status"], row["owner"], base)
        seen.setdefault(name, {})[identity] = (shown, sorted(work.elements()))
    return seen


def unmanaged(world: World) -> list[dict[str, Any]]:
    return world.rows(t.contacts, t.contacts.c.owner.is_(None), t.contacts.c.external_key.is_(None))


@given(history=st.lists(st.tuples(books(), days), min_size=1, max_size=4))
@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck), deadline=None)
def test_applying_converges_after_any_history(served: Served, history: list[tuple[DesiredState, list[Day]]]) -> None:
    world = World(served)
    for book, what in history:
        world.apply(book)
        live_through(world, what)
    world.apply(history[-1][0])
    world.close()


@given(before=books(), what=days, after=books())
@settings(max_examples=examples(8), suppress_health_check=list(HealthCheck), deadline=None)
def test_killed_anywhere_and_started_again_it_ends_the_same(
    served: Served, before: DesiredState, what: list[Day], after: DesiredState
) -> None:
    world = World(served)
    world.apply(before)
    live_through(world, what)
    start = picture(world)
    calm = world.fork()
    writer = Mortal(calm.address, at=-1, after=False)
    calm.apply(after, writer=writer)
    goal, mails, sent = picture(calm), calm.letters(), writer.sent
    calm.close()
    for at in range(1, sent + 1):
        for done in (False, True):
            world.back()
            killed = world.fork()
            _killed(killed, after, at, done)
            for name, part in picture(killed).items():
                assert part in (start.get(name), goal.get(name)), "a customer is half-applied"
            killed.apply(after)
            assert picture(killed) == goal
            assert killed.letters() == mails
            killed.close()


@given(before=books(), what=days, after=books(), fault=st.tuples(st.booleans(), st.sampled_from([0, 413, 500, 503])))
@settings(max_examples=examples(24), suppress_health_check=list(HealthCheck), deadline=None)
def test_whatever_happens_to_one_write_each_mail_of_the_plan_is_sent_once(
    served: Served, before: DesiredState, what: list[Day], after: DesiredState, fault: tuple[bool, int]
) -> None:
    world = World(served)
    world.apply(before)
    live_through(world, what)
    calm = world.fork()
    writer = Mortal(calm.address, at=-1, after=False)
    calm.apply(after, writer=writer)
    goal, mails, sent = picture(calm), calm.letters(), writer.sent
    calm.close()
    for at in range(1, sent + 1):
        world.back()
        unlucky = world.fork()
        with served.counting.failing(Fault(at, *fault)):
            _tried(unlucky, after)
        unlucky.apply(after)
        assert (picture(unlucky), unlucky.letters()) == (goal, mails)
        unlucky.close()


def _tried(world: World, book: DesiredState) -> None:
    """A run that ends as it may, and the minute after which its lease is gone."""
    with suppress(ReconcilerError):
        world.run(book, permissions=world.permitted(book), parallelism=1)
    world.forget_leases()


def _killed(world: World, book: DesiredState, at: int, done: bool) -> None:
    """A run that dies at this request, and the minute after which its lease is gone."""
    writer = Mortal(world.address, at, after=done)
    try:
        world.run(book, writer=writer, permissions=world.permitted(book), parallelism=1)
    except ReconcilerError:
        assert writer.dead
    writer.close()
    world.forget_leases()


@given(book=books(), what=days, after=books())
@settings(max_examples=examples(16), suppress_health_check=list(HealthCheck), deadline=None)
def test_what_no_file_names_is_never_written(
    served: Served, book: DesiredState, what: list[Day], after: DesiredState
) -> None:
    world = World(served)
    world.apply(book)
    live_through(world, what)
    before = {row["id"]: row for row in unmanaged(world)}
    world.apply(after)
    now = {row["id"]: row for row in world.rows(t.contacts)}
    homes = {row["id"]: row for row in world.rows(t.customers)}
    for id, row in before.items():
        adopted, decided = now[id]["owner"] is not None, now[id]["decision"] != row["decision"]
        with_customer = homes[row["customer"]]["status"] == "archived" if row["customer"] else False
        if not (adopted or decided or with_customer):
            assert now[id] == row
    world.close()


@given(data=st.data())
@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck), deadline=None)
def test_looking_at_a_thousand_states_sends_get_only(served: Served, data: st.DataObject) -> None:
    world = World(served)
    world.apply(data.draw(books()))
    live_through(world, data.draw(days))
    before = served.counting.methods.copy()
    for _ in range(25):
        world.plan(data.draw(books()))
    assert set(served.counting.methods - before) == {"GET"}
    world.close()
