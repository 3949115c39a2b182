"""Batches: everything or nothing, only within the lease, only on what was seen."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.portal.store.store import Store
from tests.portal.harness import Api, Clock, applied, refused


def person(name: str, email: str, role: str = "requester", **more: Any) -> dict[str, Any]:
    return {"name": name, "email": email, "role": role, **more}


def test_a_customer_and_its_people_are_made_in_one_transaction(api: Api) -> None:
    lease = api.lease("customer:acme")
    results = api.done(
        lease,
        {"op": "create_customer", "key": "acme", "fields": {"name": "Acme", "language": "de"}, "applied": applied(name="Acme")},
        {"op": "create_contact", "customer": {"customer": "acme"}, "key": "jane", "fields": person("Jane", "jane@acme.example")},
    )  # fmt: skip
    assert [result["change"] for result in results] == ["change-0", "change-1"]
    home, jane = api.row(f"/customers/{results[0]['id']}"), api.row(f"/contacts/{results[1]['id']}")
    assert (home["external_key"], home["owner"], home["last_commit"]) == ("acme", "acme-translations", "4f1c4f1c")
    assert home["applied"]["fields"] == {"name": "Acme"}
    assert (jane["status"], jane["customer_key"], jane["generation"]) == ("invited", "acme", 1)
    assert jane["touched"]["role"]["actor"] == "reconciler"
    mails = api.items("/outbox")
    assert [(mail["kind"], mail["to"], mail["language"]) for mail in mails] == [
        ("activation", "jane@acme.example", "de")
    ]
    assert "/activate/" in mails[0]["text"]


def test_one_operation_that_cannot_be_done_leaves_nothing_of_the_others(api: Api) -> None:
    home, (manager,), lease = api.managed("manager")
    before = api.get("/snapshot").text.splitlines()[1:-1]
    answer = api.batch(
        lease,
        {"op": "create_contact", "customer": {"id": home["id"]}, "key": "jane", "fields": person("Jane", "jane@acme.example")},
        {"op": "update_contact", "id": manager["id"], "version": 99, "fields": {"name": "Nobody"}},
    )  # fmt: skip
    problem = refused(answer, "stale")
    assert (problem["operation"], problem["change"]) == (1, "change-1")
    assert api.get("/snapshot").text.splitlines()[1:-1] == before


def test_a_leavers_open_work_goes_to_the_heir_with_everything_that_came_meanwhile(api: Api) -> None:
    _, (manager, leaver), lease = api.managed("manager", "requester")
    asked = [api.a_request(leaver, f"Manual {n}") for n in range(3)]
    delivered = api.bring(asked[0], "delivered")
    api.done(lease, {
        "op": "remove_contact", "id": leaver["id"], "version": leaver["version"], "work_to": {"id": manager["id"]},
        "reason": "left", "applied": {"present": False, "fields": {}},
    })  # fmt: skip
    owners = {row["id"]: row["owner"] for row in api.items("/requests")}
    assert owners == {delivered["id"]: leaver["id"], asked[1]["id"]: manager["id"], asked[2]["id"]: manager["id"]}
    gone = api.row(f"/contacts/{leaver['id']}")
    assert (gone["status"], gone["removed"]["reason"], gone["applied"]["present"]) == ("removed", "left", False)
    assert ("work_received", "manager-0@acme.example") in api.mails()


def test_open_work_is_never_left_to_nobody(api: Api) -> None:
    _, (manager, leaver, watcher), lease = api.managed("manager", "requester", "observer")
    asked = api.a_request(leaver)
    removal = {"op": "remove_contact", "id": leaver["id"], "version": leaver["version"]}
    assert refused(api.batch(lease, removal), "no-heir")["requests"] == [asked["id"]]
    to_watcher = {**removal, "work_to": {"id": watcher["id"]}}
    refused(api.batch(lease, to_watcher), "heir-may-not-hold-work")
    demotion = {"op": "change_role", "id": leaver["id"], "version": leaver["version"], "fields": {"role": "observer"}}
    assert refused(api.batch(lease, demotion), "no-heir")["requests"] == [asked["id"]]
    handover = {
        "op": "hand_over_work",
        "id": leaver["id"],
        "version": leaver["version"],
        "work_to": {"id": manager["id"]},
    }
    api.done(lease, handover, demotion)
    assert api.row(f"/requests/{asked['id']}")["owner"] == manager["id"]


def test_work_passes_along_a_chain_of_leavers_in_one_batch(api: Api) -> None:
    _, (manager, first, second), lease = api.managed("manager", "requester", "requester")
    asked = api.a_request(first)
    api.done(
        lease,
        {"op": "remove_contact", "id": first["id"], "version": first["version"], "work_to": {"id": second["id"]}},
        {"op": "remove_contact", "id": second["id"], "version": second["version"], "work_to": {"id": manager["id"]}},
    )
    assert api.row(f"/requests/{asked['id']}")["owner"] == manager["id"]


def test_two_people_exchange_their_addresses_in_one_batch(api: Api) -> None:
    _, (_, first, second), lease = api.managed("manager", "requester", "requester")
    api.done(
        lease,
        {"op": "change_email", "id": first["id"], "version": first["version"], "fields": {"email": second["email"]}},
        {"op": "change_email", "id": second["id"], "version": second["version"], "fields": {"email": first["email"]}},
    )
    assert api.row(f"/contacts/{first['id']}")["email"] == second["email"]
    mails = api.mails()
    for kind in ("activation_again", "address_changed"):
        assert [to for found, to in mails if found == kind] == sorted([first["email"], second["email"]])


def test_a_shared_mailbox_passes_to_the_next_person(api: Api) -> None:
    home, (_, leaver), lease = api.managed("manager", "requester")
    results = api.done(
        lease,
        {"op": "create_contact", "customer": {"id": home["id"]}, "key": "next", "fields": person("Next", leaver["email"])},
        {"op": "remove_contact", "id": leaver["id"], "version": leaver["version"]},
    )  # fmt: skip
    assert results[0]["id"] != leaver["id"]
    assert api.row(f"/contacts/{results[0]['id']}")["email"] == leaver["email"]


def test_two_people_exchange_their_keys_in_one_batch(api: Api) -> None:
    _, (_, first, second), lease = api.managed("manager", "requester", "requester")
    api.done(
        lease,
        {"op": "rename_contact", "id": first["id"], "version": first["version"], "key": "requester-2"},
        {"op": "rename_contact", "id": second["id"], "version": second["version"], "key": "requester-1"},
    )
    assert api.row(f"/contacts/{first['id']}")["external_key"] == "requester-2"


def test_the_last_manager_stays_unless_the_files_say_that_none_is_needed(api: Api) -> None:
    home, (manager, _), lease = api.managed("manager", "requester")
    demotion = {
        "op": "change_role",
        "id": manager["id"],
        "version": manager["version"],
        "fields": {"role": "requester"},
    }
    refused(api.batch(lease, demotion), "last-manager")
    optional = {
        "op": "record", "object": "customer", "id": home["id"], "version": home["version"],
        "applied": applied(name="Acme", manager_optional=True),
    }  # fmt: skip
    api.done(lease, optional, demotion)


def test_what_is_protected_keeps_access_and_power(api: Api) -> None:
    home, (boss, other), lease = api.managed("manager", "manager")
    api.done(lease, {"op": "update_contact", "id": boss["id"], "version": 2, "fields": {"protected": True}})
    boss = api.row(f"/contacts/{boss['id']}")
    at = {"id": boss["id"], "version": boss["version"]}
    for operation in (
        {"op": "remove_contact", **at},
        {"op": "change_email", **at, "fields": {"email": "new@acme.example"}},
        {"op": "change_role", **at, "fields": {"role": "requester"}},
        {"op": "change_role", **at, "fields": {"role": "requester", "protected": False}},
        {"op": "release_contact", **at},
        {"op": "archive_customer", "id": home["id"], "version": api.row(f"/customers/{home['id']}")["version"]},
    ):
        refused(api.batch(lease, operation), "protected")
    assert other["status"] == "invited"


def test_archiving_takes_everybody_out_and_restoring_brings_exactly_them_back(api: Api) -> None:
    home, (manager, gone), lease = api.managed("manager", "requester")
    api.done(lease, {"op": "remove_contact", "id": gone["id"], "version": gone["version"]})
    stays_out = api.row(f"/contacts/{gone['id']}")
    asked = api.a_request(manager)
    home = api.row(f"/customers/{home['id']}")
    archive = {"op": "archive_customer", "id": home["id"], "version": home["version"], "reason": "left"}
    assert refused(api.batch(lease, archive), "open-requests")["requests"] == [asked["id"]]
    api.bring(asked, "cancelled")
    api.done(lease, archive)
    home = api.row(f"/customers/{home['id']}")
    assert (home["status"], api.row(f"/contacts/{manager['id']}")["status"]) == ("archived", "removed")
    api.done(lease, {"op": "restore_customer", "id": home["id"], "version": home["version"]})
    assert api.row(f"/contacts/{manager['id']}")["status"] == "invited"
    assert api.row(f"/contacts/{manager['id']}")["applied"]["present"] is True
    assert api.row(f"/contacts/{gone['id']}") == stays_out


def test_a_customer_restored_with_its_old_name_among_the_fields_holds_that_name_again(api: Api) -> None:
    home, _, lease = api.managed("manager")
    api.done(lease, {"op": "archive_customer", "id": home["id"], "version": home["version"]})
    version = api.row(f"/customers/{home['id']}")["version"]
    restore = {"op": "restore_customer", "id": home["id"], "version": version, "fields": {"name": home["name"]}}
    api.done(lease, restore)
    second = api.batch(
        api.lease("customer:second"), {"op": "create_customer", "key": "second", "fields": {"name": home["name"]}}
    )
    refused(second, "name-taken")


def test_a_removed_person_is_restored_with_a_new_invitation_for_thirty_days(api: Api, clock: Clock) -> None:
    _, (_, leaver), lease = api.managed("manager", "requester")
    api.done(lease, {"op": "remove_contact", "id": leaver["id"], "version": leaver["version"]})
    clock.move(days=31)
    gone = api.row(f"/contacts/{leaver['id']}")
    restore = {"op": "restore_contact", "id": gone["id"], "version": gone["version"]}
    refused(api.batch(lease, restore), "not-restorable")
    clock.move(days=-2)
    api.done(lease, restore)
    assert api.row(f"/contacts/{leaver['id']}")["status"] == "invited"
    assert ("activation_again", leaver["email"]) in api.mails()


def test_a_second_life_under_one_key_has_its_own_generation(api: Api) -> None:
    home, (_, leaver), lease = api.managed("manager", "requester")
    api.done(lease, {"op": "remove_contact", "id": leaver["id"], "version": leaver["version"]})
    again = {
        "op": "create_contact", "customer": {"id": home["id"]}, "key": "requester-1",
        "fields": person("Another", "another@acme.example"),
    }  # fmt: skip
    refused(api.batch(lease, {**again, "generation": 1}), "stale")
    [result] = api.done(lease, {**again, "generation": 2})
    assert api.row(f"/contacts/{result['id']}")["generation"] == 2


def test_nothing_of_another_owner_is_written(api: Api) -> None:
    home, (manager,), lease = api.managed("manager")
    for operation in (
        {"op": "update_contact", "id": manager["id"], "version": manager["version"], "fields": {"name": "Mine"}},
        {"op": "adopt_customer", "id": home["id"], "version": home["version"], "key": "mine", "applied": applied()},
    ):
        refused(api.batch(lease, operation, owner="somebody-else"), "other-owner")


def test_releasing_a_customer_releases_its_people_and_changes_nothing_for_them(api: Api) -> None:
    home, (manager,), lease = api.managed("manager")
    mails = api.mails()
    api.done(lease, {"op": "release_customer", "id": home["id"], "version": home["version"]})
    for row in (api.row(f"/customers/{home['id']}"), api.row(f"/contacts/{manager['id']}")):
        assert (row["owner"], row["external_key"], row["applied"]) == (None, None, None)
        assert row["status"] in {"active", "invited"}
    assert api.mails() == mails


def test_services_and_settings_are_one_part_of_their_own(api: Api) -> None:
    lease = api.lease("settings", "customer:acme")
    settings = {
        "op": "update_settings",
        "version": 1,
        "fields": {"sign_up": "closed"},
        "applied": applied(sign_up="closed"),
    }
    service = {
        "op": "create_service",
        "key": "certified",
        "fields": {"name": "Certified"},
        "applied": applied(name="Certified"),
    }
    made = api.done(lease, settings, service)
    assert api.row("/settings")["owner"] == "acme-translations"
    api.done(lease, {"op": "create_customer", "key": "acme", "fields": {"name": "Acme", "services": ["certified"]}})
    removal = {"op": "remove_service", "id": made[1]["id"], "version": 1}
    refused(api.batch(lease, removal), "in-use")
    home = api.items("/customers")[0]
    api.done(lease, {"op": "update_customer", "id": home["id"], "version": 1, "fields": {"services": []}}, removal)
    assert api.items("/services") == []


@pytest.mark.parametrize("scopes", [("customer:other",), ("settings",)])
def test_a_lease_on_something_else_does_not_help(api: Api, scopes: tuple[str, ...]) -> None:
    home, _, lease = api.managed("manager")
    api.delete(f"/leases/{lease['id']}")
    other = api.lease(*scopes)
    update = {"op": "update_customer", "id": home["id"], "version": home["version"], "fields": {"name": "Mine"}}
    refused(api.batch(other, update), "lease-fenced")


def test_who_was_paused_beyond_the_lease_is_fenced(api: Api, store: Store) -> None:
    home, _, lease = api.managed("manager")
    api.put(f"/leases/{lease['id']}", json={"token": lease["token"], "ttl_s": 0.001})
    update = {"op": "update_customer", "id": home["id"], "version": home["version"], "fields": {"name": "Late"}}
    refused(api.batch(lease, update), "lease-fenced")
    mine = api.lease("customer:acme", run="run_2")
    assert mine["token"] > lease["token"]
    refused(api.put(f"/leases/{lease['id']}", json={"token": lease["token"]}), "lease-fenced")
    refused(api.batch(lease, update), "lease-fenced")
    api.done(mine, update)


def test_a_lease_is_for_all_its_scopes_or_for_none(api: Api) -> None:
    api.lease("customer:acme", run="run_1")
    answer = api.post("/leases", json={"scopes": ["customer:beta", "customer:acme"], "holder": "b", "run": "run_2"})
    problem = refused(answer, "lease-held")
    assert (problem["holder"], problem["run"]) == ("tests", "run_1")
    assert 0 < problem["expires_in_s"] <= 60
    api.lease("customer:beta", run="run_3")


def test_a_lease_that_was_given_back_is_free_and_giving_back_twice_is_no_error(api: Api) -> None:
    lease = api.lease("customer:acme")
    assert [api.delete(f"/leases/{lease['id']}").status_code for _ in range(2)] == [204, 204]
    api.lease("customer:acme")
