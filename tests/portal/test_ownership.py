"""Ownership is the server's: a batch writes only what its owner has, whatever the operation, and what it may adopt."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import pytest

from reconciler.portal.actions.operations import AnyOperation
from reconciler.portal.rules.ownership import Owners, check_ownership
from reconciler.portal.rules.principals import Scope
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store.store import Store
from reconciler.portal.web.security import new_token
from tests.portal.harness import OWNER, Api, applied, refused
from tests.portal.test_registrations import approval, sign_up

OTHER = "somebody-else"
OPERATIONS = {get_args(each.model_fields["op"].annotation)[0] for each in get_args(get_args(AnyOperation)[0])}
BECOMES_OWN = {
    "adopt_settings", "update_settings", "adopt_service", "update_service", "adopt_customer", "create_service",
    "create_customer",
}  # fmt: skip
"""What a batch may do where nobody manages anything; `adopt_contact` needs a customer of one's own."""


@dataclass
class Place:
    """A customer with people, a service, the settings, a sign-up, and a lease on all of it."""

    api: Api
    store: Store
    key: str
    home: dict[str, Any]
    people: list[dict[str, Any]]
    lease: dict[str, Any]

    def service(self) -> dict[str, Any]:
        return next(row for row in self.api.items("/services") if row["code"] == self.key)

    def archived(self) -> dict[str, Any]:
        return next(row for row in self.api.items("/customers") if row["status"] == "archived")

    def operations(self, signed_up: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """An operation of every kind, all on rows of this place."""
        boss, jane, gone = (at(self.api.row(f"/contacts/{row['id']}")) for row in self.people)
        home, archived, service = (at(row) for row in (self.home, self.archived(), self.service()))
        settings, named = {"version": self.api.row("/settings")["version"]}, {"key": f"{self.key}-x"}
        registration = {"registration": signed_up["registration"], "version": signed_up["version"]}
        person = {"name": "Nora", "email": f"nora@{self.key}.example", "role": "observer"}
        operations: dict[str, dict[str, Any]] = {
            "update_settings": settings, "adopt_settings": settings,
            "create_service": {**named, "fields": {"name": "New"}},
            "update_service": {**service, "key": self.key}, "adopt_service": {**service, "key": self.key},
            "rename_service": {**service, **named}, "remove_service": service,
            "create_customer": {**named, "fields": {"name": "New"}},
            "update_customer": {**home, "fields": {"language": "fr"}}, "adopt_customer": {**home, **named},
            "rename_customer": {**home, **named}, "archive_customer": home, "restore_customer": archived,
            "release_customer": home,
            "create_contact": {**named, "customer": {"id": home["id"]}, "fields": person},
            "approve_registration": {**approval(signed_up, home["id"]), "op": "approve_registration"},
            "reject_registration": registration, "adopt_contact": {**jane, **named},
            "update_contact": {**jane, "fields": {"language": "fr"}},
            "change_role": {**jane, "fields": {"role": "observer"}},
            "change_email": {**jane, "fields": {"email": f"other@{self.key}.example"}},
            "rename_contact": {**jane, **named}, "hand_over_work": {**jane, "work_to": {"id": boss["id"]}},
            "remove_contact": jane, "restore_contact": gone, "release_contact": jane,
            "record": {**jane, "object": "contact", "applied": applied()}, "rebase_history": {**home, "object": "customer"},
        }  # fmt: skip
        return {name: {"op": name, **operation} for name, operation in operations.items()}


def at(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": row["id"], "version": row["version"]}


def a_place(api: Api, store: Store, key: str, owner: str | None) -> Place:
    """A place that this owner manages, or nobody; somebody has left, and a customer is archived."""
    lease = api.lease("settings", *(f"customer:{key}{more}" for more in ("", "-x", "-old")))
    home, people = api.a_customer("manager", "requester", "requester", name=key.title())
    old = api.create("/customers", name=f"{key} old")
    service = api.create("/services", code=key, name=key.title())
    if owner is not None:
        names = ("boss", "jane", "gone")
        api.done(
            lease,
            {"op": "update_settings", "version": api.row("/settings")["version"], "applied": applied()},
            {"op": "adopt_service", **at(service), "key": key, "applied": applied()},
            {"op": "adopt_customer", **at(home), "key": key, "applied": applied()},
            {"op": "adopt_customer", **at(old), "key": f"{key}-old", "applied": applied()},
            *(
                {"op": "adopt_contact", **at(one), "key": name, "applied": applied()}
                for one, name in zip(people, names, strict=True)
            ),
            owner=owner,
        )
    gone = api.row(f"/contacts/{people[2]['id']}")
    api.act(f"/contacts/{gone['id']}/offboard", gone, reason="left")
    old = api.row(f"/customers/{old['id']}")
    api.act(f"/customers/{old['id']}/archive", old, reason="left")
    return Place(api, store, key, api.row(f"/customers/{home['id']}"), people, lease)


def rows(api: Api) -> list[str]:
    return list(api.get("/snapshot").text.splitlines()[1:-1])


@pytest.mark.parametrize("owner", [OTHER, None], ids=["another owner's", "nobody's"])
def test_no_operation_writes_what_its_owner_does_not_have(api: Api, store: Store, owner: str | None) -> None:
    place = a_place(api, store, "beta", owner)
    operations = place.operations(sign_up(store, place.home["id"], "rita@beta.example"))
    assert set(operations) == OPERATIONS
    before = rows(api)
    fates = {}
    for name in sorted(OPERATIONS - ({"create_service", "create_customer"} if owner else BECOMES_OWN)):
        problem = api.batch(place.lease, operations[name]).json()
        fates[name] = (problem["type"], problem["operation"], problem["change"])
    assert fates == dict.fromkeys(fates, ("other-owner", 0, "change-0"))
    assert rows(api) == before


@pytest.mark.parametrize("name", sorted(BECOMES_OWN))
def test_what_nobody_manages_becomes_the_owners(api: Api, store: Store, name: str) -> None:
    place = a_place(api, store, "beta", None)
    [done] = api.done(place.lease, place.operations(sign_up(store, None))[name])
    kind = name.partition("_")[2]
    path = "/settings" if kind == "settings" else f"/{kind}s/{done['id']}"
    assert api.row(path)["owner"] == OWNER


def test_nobody_is_put_into_a_customer_that_is_released_in_the_same_batch(api: Api) -> None:
    home, _, lease = api.managed("manager")
    person = {"name": "Nora", "email": "nora@acme.example", "role": "observer"}
    create = {"op": "create_contact", "customer": {"id": home["id"]}, "key": "nora", "fields": person}
    assert refused(api.batch(lease, {"op": "release_customer", **at(home)}, create), "other-owner")["operation"] == 1


def test_people_whom_nobody_manages_go_and_come_with_their_customer(api: Api, store: Store) -> None:
    home, _, lease = api.managed("manager")
    una = api.create("/contacts", customer=home["id"], name="Una", email="una@acme.example", role="observer")
    row = sign_up(store, home["id"])
    api.done(lease, {"op": "archive_customer", **at(home)})
    assert [api.row(f"/contacts/{id}")["status"] for id in (una["id"], row["id"])] == ["removed", "removed"]
    home = api.row(f"/customers/{home['id']}")
    api.done(lease, {"op": "restore_customer", **at(home)})
    una = api.row(f"/contacts/{una['id']}")
    assert (una["status"], una["owner"]) == ("invited", None)


def test_an_archive_stops_at_a_person_of_another_owner(api: Api, store: Store) -> None:
    home, _, lease = api.managed("manager")
    una = api.create("/contacts", customer=home["id"], name="Una", email="una@acme.example", role="observer")
    store_owner(store, una["id"], OTHER)
    before = rows(api)
    refused(api.batch(lease, {"op": "archive_customer", **at(home)}), "other-owner")
    assert rows(api) == before
    store_owner(store, una["id"], None)


def store_owner(store: Store, contact: str, owner: str | None) -> None:
    """What a portal of before may hold: somebody's contact at another owner's customer."""
    from sqlalchemy import update  # noqa: PLC0415  only here

    from reconciler.portal.store import tables as t  # noqa: PLC0415

    with store.unversioned() as connection:
        connection.execute(update(t.contacts).where(t.contacts.c.id == contact).values(owner=owner))


def test_work_goes_to_an_heir_whom_nobody_manages(api: Api) -> None:
    home, (_, jane), lease = api.managed("manager", "requester")
    una = api.create("/contacts", customer=home["id"], name="Una", email="una@acme.example", role="requester")
    asked = api.a_request(jane)
    api.done(lease, {"op": "remove_contact", **at(jane), "work_to": {"id": una["id"]}})
    assert api.row(f"/requests/{asked['id']}")["owner"] == una["id"]
    assert api.row(f"/contacts/{una['id']}")["version"] == una["version"]


def test_the_work_of_somebody_whom_nobody_manages_stays(api: Api) -> None:
    home, (boss,), lease = api.managed("manager")
    una = api.create("/contacts", customer=home["id"], name="Una", email="una@acme.example", role="requester")
    asked = api.a_request(una)
    for operation in ({"op": "hand_over_work"}, {"op": "remove_contact"}):
        refused(api.batch(lease, {**operation, **at(una), "work_to": {"id": boss["id"]}}), "other-owner")
    assert api.row(f"/requests/{asked['id']}")["owner"] == una["id"]


def test_somebody_who_is_adopted_as_an_observer_hands_over_their_work_before(api: Api) -> None:
    home, (boss,), lease = api.managed("manager")
    una = api.create("/contacts", customer=home["id"], name="Una", email="una@acme.example", role="requester")
    asked = api.a_request(una)
    adoption = {"op": "adopt_contact", **at(una), "key": "una", "fields": {"role": "observer"}}
    api.done(lease, {"op": "hand_over_work", **at(una), "work_to": {"id": boss["id"]}}, adoption)
    assert api.row(f"/requests/{asked['id']}")["owner"] == boss["id"]
    assert api.row(f"/contacts/{una['id']}")["owner"] == OWNER


def test_a_sign_up_of_no_customer_is_approved_to_ones_own_or_rejected(api: Api, store: Store) -> None:
    home, _, lease = api.managed("manager")
    nobodys = sign_up(store, None)
    api.done(lease, approval(nobodys, home["id"]))
    assert api.row(f"/contacts/{nobodys['id']}")["owner"] == OWNER
    second = sign_up(store, None, "ria@acme.example")
    rejection = {"op": "reject_registration", "registration": second["registration"], "version": second["version"]}
    api.done(lease, rejection)
    assert api.row(f"/contacts/{second['id']}")["status"] == "removed"


def test_releasing_a_customer_leaves_people_alone_whom_nobody_manages(api: Api) -> None:
    home, _, lease = api.managed("manager")
    una = api.create("/contacts", customer=home["id"], name="Una", email="una@acme.example", role="observer")
    api.done(lease, {"op": "release_customer", **at(home)})
    assert api.row(f"/contacts/{una['id']}") == {**una, "customer_key": None}
    assert api.row(f"/customers/{home['id']}")["last_commit"] is None


A, B = Owners(OWNER, OWNER), Owners(OTHER, OTHER)
NEW, FREE, ADOPTED, LEFT = Owners(None, OWNER), Owners(None, None), Owners(None, OWNER), Owners(OWNER, None)


@pytest.mark.parametrize(
    ("row", "home", "follows", "well"),
    [
        (A, None, False, True), (NEW, None, False, True), (LEFT, None, False, True), (FREE, None, False, False),
        (B, None, False, False), (B, None, True, False), (Owners(OTHER, OWNER), None, True, False),
        (Owners(OWNER, OTHER), None, True, False), (A, A, False, True), (NEW, ADOPTED, False, True),
        (A, FREE, False, False), (NEW, B, False, False), (NEW, LEFT, False, False), (LEFT, LEFT, False, True),
        (FREE, A, True, True), (FREE, A, False, False), (FREE, FREE, True, False), (FREE, B, True, False),
        (FREE, None, True, True),
    ],
)  # fmt: skip
def test_owners_before_and_after_decide(row: Owners, home: Owners | None, follows: bool, well: bool) -> None:
    refusal = contextlib.nullcontext() if well else pytest.raises(Problem, match=r"belongs to|has no owner")
    with refusal:
        check_ownership(OWNER, "it", row, home, follows=follows)


@pytest.fixture
def bound(store: Store, api: Api) -> Callable[[str], Api]:
    """Clients whose tokens write for one owner only."""

    def client(owner: str) -> Api:
        token = new_token(store, Scope.APPLY, f"the token of {owner}", owner=owner)
        one = Api(api.app, base_url="http://testserver/api/v1", headers={"Authorization": f"Bearer {token}"})
        one.store = store
        return one

    return client


def test_a_bound_token_carries_out_batches_of_its_owner_only(api: Api, bound: Callable[[str], Api]) -> None:
    home, _, lease = api.managed("manager")
    update = {"op": "update_customer", **at(home), "fields": {"language": "fr"}}
    for client, owner in ((bound(OTHER), OWNER), (bound(OWNER), OTHER)):
        problem = refused(client.batch(lease, update, owner=owner), "forbidden")
        assert "this token is for" in problem["detail"]
    refused(bound(OTHER).batch(lease, update, owner=OTHER), "other-owner")
    assert bound(OWNER).batch(lease, update).status_code == 200
    assert rows(bound(OTHER)) == rows(api)


def test_a_bound_token_leases_only_what_it_may_write(api: Api, bound: Callable[[str], Api]) -> None:
    _, _, lease = api.managed("manager")
    api.delete(f"/leases/{lease['id']}")
    ours, theirs = bound(OWNER), bound(OTHER)

    def ask(client: Api, *scopes: str) -> str:
        answer = client.post("/leases", json={"scopes": list(scopes), "holder": "tests", "run": "run_1"})
        if answer.status_code == 201:
            client.delete(f"/leases/{answer.json()['id']}")
        return str(answer.json().get("type", "taken"))

    assert ask(theirs, "customer:acme") == ask(theirs, "customer:new", "customer:acme") == "forbidden"
    assert ask(theirs, "customer:new") == ask(ours, "customer:acme") == ask(api, "customer:acme") == "taken"
    assert ask(theirs, "settings") == ask(ours, "settings") == "taken"
    everything = api.lease("settings")
    service = {"op": "create_service", "key": "sworn", "fields": {"name": "Sworn"}, "applied": applied()}
    api.done(everything, {"op": "update_settings", "version": 1, "applied": applied()})
    api.delete(f"/leases/{everything['id']}")
    assert (ask(theirs, "settings"), ask(ours, "settings")) == ("forbidden", "taken")
    everything = api.lease("settings")
    api.done(everything, service, owner=OTHER)
    api.delete(f"/leases/{everything['id']}")
    assert ask(theirs, "settings") == "taken"


def test_only_a_token_that_writes_by_batches_alone_is_bound(store: Store) -> None:
    for scope in set(Scope) - {Scope.APPLY}:
        with pytest.raises(ValueError, match="cannot be bound"):
            new_token(store, scope, "tests", owner=OWNER)
    with pytest.raises(ValueError, match=r"is not a valid owner name"):
        new_token(store, Scope.APPLY, "tests", owner="somebody else")


def test_the_last_commit_of_each_owner_outlives_its_services(api: Api) -> None:
    lease = api.lease("settings")
    [made] = api.done(lease, {"op": "create_service", "key": "sworn", "fields": {"name": "Sworn"}}, commit="aaaaaaa")
    assert api.row("/settings")["last_commits"] == {OWNER: "aaaaaaa"}
    api.done(lease, {"op": "remove_service", "id": made["id"], "version": 1}, commit="bbbbbbb")
    api.done(lease, {"op": "create_service", "key": "fast", "fields": {"name": "F"}}, commit="ccccccc", owner=OTHER)
    api.done(lease, {"op": "create_service", "key": "slow", "fields": {"name": "S"}}, commit=None)
    settings = api.row("/settings")
    assert settings["last_commits"] == {OWNER: "bbbbbbb", OTHER: "ccccccc"}
    assert (settings["version"], settings["owner"]) == (1, None)
