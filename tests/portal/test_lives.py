"""Lives: every creation and every return under a key has a number that no row had there before."""

from __future__ import annotations

import json
from typing import Any

from tests.portal.harness import Api, applied, refused

JIM = {"name": "Jim", "email": "jim@acme.example", "role": "requester"}


def now(api: Api, kind: str, row: dict[str, Any]) -> dict[str, Any]:
    return api.row(f"/{kind}s/{row['id']}")


def at(api: Api, kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """What an operation on the row as it is now says of it."""
    return {"id": row["id"], "version": now(api, kind, row)["version"]}


def test_everything_begins_with_its_first_life(api: Api) -> None:
    service = api.create("/services", code="certified", name="Certified")
    home, (manager,), _ = api.managed("manager")
    assert (service["life"], home["life"], manager["life"], manager["generation"]) == (1, 1, 1, 1)


def test_a_contact_that_comes_back_begins_another_life(api: Api) -> None:
    _, (_, jane), lease = api.managed("manager", "requester")
    for life in (2, 3):
        api.done(lease, {"op": "remove_contact", **at(api, "contact", jane)})
        assert now(api, "contact", jane)["life"] == life - 1
        api.done(lease, {"op": "restore_contact", **at(api, "contact", jane)})
        row = now(api, "contact", jane)
        assert (row["life"], row["generation"]) == (life, life)


def test_a_customer_that_comes_back_begins_another_life_and_so_do_its_people(api: Api) -> None:
    home, (manager,), lease = api.managed("manager")
    api.done(lease, {"op": "archive_customer", **at(api, "customer", home)})
    api.done(lease, {"op": "restore_customer", **at(api, "customer", home)})
    assert (now(api, "customer", home)["life"], now(api, "contact", manager)["life"]) == (2, 2)


def test_people_restored_by_hand_count_too_with_and_without_a_key(api: Api) -> None:
    _, (jane, _) = api.a_customer("requester", "manager")
    gone = api.act(f"/contacts/{jane['id']}/offboard", jane)
    assert api.act(f"/contacts/{jane['id']}/restore", gone)["life"] == 2


def test_the_next_contact_under_a_key_begins_after_the_highest_life(api: Api) -> None:
    home, (_, jane), lease = api.managed("manager", "requester")
    key = jane["external_key"]
    for operation in ("remove_contact", "restore_contact", "remove_contact"):
        api.done(lease, {"op": operation, **at(api, "contact", jane)})
    create = {"op": "create_contact", "customer": {"id": home["id"]}, "key": key, "fields": JIM}
    refused(api.batch(lease, {**create, "generation": 2}), "stale")
    [made] = api.done(lease, {**create, "generation": 3})
    assert now(api, "contact", made)["life"] == 3
    api.done(lease, {"op": "remove_contact", **at(api, "contact", made)})
    api.done(lease, {"op": "restore_contact", **at(api, "contact", jane)})
    assert now(api, "contact", jane)["life"] == 4


def test_a_sign_up_that_is_approved_under_a_key_begins_after_the_tombstones(api: Api) -> None:
    home, (_, jane), lease = api.managed("manager", "requester")
    api.done(lease, {"op": "remove_contact", **at(api, "contact", jane)})
    jim = api.create("/contacts", customer=home["id"], **JIM)
    api.done(lease, {"op": "adopt_contact", **at(api, "contact", jim), "key": jane["external_key"]})
    assert now(api, "contact", jim)["life"] == 2


def test_the_next_customer_under_a_key_begins_after_the_last_one(api: Api) -> None:
    home, _, lease = api.managed()
    api.done(lease, {"op": "archive_customer", **at(api, "customer", home)})
    [made] = api.done(lease, {"op": "create_customer", "key": "acme", "fields": {"name": "Acme"}})
    assert now(api, "customer", made)["life"] == 2
    assert now(api, "customer", home)["life"] == 1


def test_a_renamed_row_lives_anew_only_where_its_key_was_known(api: Api) -> None:
    home, (_, first, second), lease = api.managed("manager", "requester", "requester")
    rename = {"op": "rename_contact", **at(api, "contact", first), "key": "unheard-of"}
    api.done(lease, rename)
    assert now(api, "contact", first)["life"] == 1
    api.done(lease, {"op": "rename_contact", **at(api, "contact", second), "key": "requester-1"})
    assert now(api, "contact", second)["life"] == 2
    create = {"op": "create_contact", "customer": {"id": home["id"]}, "key": "requester-2", "fields": JIM}
    [made] = api.done(lease, {**create, "generation": 1})
    assert now(api, "contact", made)["life"] == 2


def test_people_who_exchange_their_keys_are_not_taken_for_each_other(api: Api) -> None:
    _, (_, first, second), lease = api.managed("manager", "requester", "requester")
    api.done(
        lease,
        {"op": "rename_contact", **at(api, "contact", first), "key": "requester-2"},
        {"op": "rename_contact", **at(api, "contact", second), "key": "requester-1"},
    )
    assert [now(api, "contact", one)["life"] for one in (first, second)] == [2, 2]


def test_what_was_released_and_is_managed_again_begins_another_life(api: Api) -> None:
    home, (manager,), lease = api.managed("manager")
    api.done(lease, {"op": "release_customer", **at(api, "customer", home)})
    api.done(
        lease,
        {"op": "adopt_customer", **at(api, "customer", home), "key": "acme", "applied": applied()},
        {"op": "adopt_contact", **at(api, "contact", manager), "key": "manager-0", "applied": applied()},
    )
    assert (now(api, "customer", home)["life"], now(api, "contact", manager)["life"]) == (2, 2)


def test_a_service_that_is_made_again_begins_after_its_last_life(api: Api) -> None:
    lease = api.lease("settings")
    create = {"op": "create_service", "key": "certified", "fields": {"name": "Certified"}}
    for life in (1, 2, 3):
        [made] = api.done(lease, create)
        assert now(api, "service", made)["life"] == life
        if life == 1:
            assert api.write("DELETE", f"/services/{made['id']}", 1).status_code == 204
        else:
            api.done(lease, {"op": "remove_service", **at(api, "service", made)})
    api.delete(f"/leases/{lease['id']}")
    theirs = api.lease("settings", run="run_3")
    [made] = api.done(theirs, create, owner="somebody-else")
    assert now(api, "service", made)["life"] == 1


def test_the_snapshot_shows_lives(api: Api) -> None:
    api.managed("manager")
    api.create("/services", code="certified", name="Certified")
    lives = {
        row["kind"]: row.get("life") for row in map(json.loads, api.get("/snapshot").text.splitlines())
    }  # fmt: skip
    assert (lives["service"], lives["customer"], lives["contact"]) == (1, 1, 1)


def test_the_snapshot_shows_keys_that_rows_lost(api: Api) -> None:
    home, (jane,), lease = api.managed("manager")
    former = jane["external_key"]
    api.done(lease, {"op": "rename_contact", **at(api, "contact", jane), "key": "jane-miller"})
    rows = list(map(json.loads, api.get("/snapshot").text.splitlines()))
    assert [row for row in rows if row["kind"] == "former_key"] == [
        {"kind": "former_key", "object": "contact", "home": home["id"], "key": former}
    ]
    assert rows[-1]["counts"]["former_key"] == 1
