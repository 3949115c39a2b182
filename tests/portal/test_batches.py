"""Batches beyond the laws of the contract suite: what each operation does."""

from __future__ import annotations

from typing import Any

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
