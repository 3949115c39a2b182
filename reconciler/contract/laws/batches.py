"""Batches: all or nothing, under a lease, on what was seen, for one owner."""

from __future__ import annotations

from typing import Any

from reconciler.contract.client import Row
from reconciler.contract.law import Law, expect, expect_equal, expect_problem, expect_status
from reconciler.contract.portal import Portal


def _update(row: Row, **members: Any) -> Row:
    fields = {"description": "other"} if "customer" not in row else {"name": "Other Name"}
    kind = "customer" if "customer" not in row else "contact"
    operation = {"op": f"update_{kind}", "id": row["id"], "version": row["version"]}
    return {**operation, "fields": fields, **members}


def _removal(row: Row, **members: Any) -> Row:
    return {"op": "remove_contact", "id": row["id"], "version": row["version"], **members}


def batch_is_done_whole_or_not_at_all(portal: Portal) -> None:
    """If one operation of a batch is refused, none is done; the problem names the operation."""
    home, (person,), lease = portal.managed("manager")
    stale = _update(person, version=person["version"] + 9, change="second")
    answer = portal.batch(lease, _update(home), stale)
    problem = expect_problem(answer, 412, "stale")
    expect_equal(problem.get("operation"), 1, "`operation` of the problem")
    expect_equal(problem.get("change"), "second", "`change` of the problem")
    expect_equal(portal.row(f"/customers/{home['id']}"), home, "the customer")


def batch_answers_each_operation(portal: Portal) -> None:
    """A batch answers revision, and change, id and version of each operation, in order."""
    home, (person,), lease = portal.managed("manager")
    answer = portal.batch(
        lease, _update(home, change="first"), _update(person, change="second")
    )
    result = expect_status(answer, 200)
    expect_equal(result["revision"], portal.row("/meta")["revision"], "the revision")
    versions = [
        ("first", home["id"], home["version"] + 1),
        ("second", person["id"], person["version"] + 1),
    ]
    results = [(row["change"], row["id"], row["version"]) for row in result["results"]]
    expect_equal(results, versions, "the list of results")


def batch_is_fenced(portal: Portal) -> None:
    """A batch answers 409 with another token, for another scope, and after the lease's end."""
    home, _, lease = portal.managed("manager")
    elsewhere = portal.lease(f"customer:contract-{portal.word()}")
    expect_problem(portal.batch(elsewhere, _update(home)), 409, "lease-fenced")
    other_token = {**lease, "token": lease["token"] + 1}
    expect_problem(portal.batch(other_token, _update(home)), 409, "lease-fenced")
    portal.release(lease)
    expect_problem(portal.batch(lease, _update(home)), 409, "lease-fenced")
    expect_equal(portal.row(f"/customers/{home['id']}"), home, "the customer")


def batch_compares_versions(portal: Portal) -> None:
    """An operation on another version than the row's answers 412."""
    home, _, lease = portal.managed("manager")
    expect_status(portal.batch(lease, _update(home)), 200)
    expect_problem(portal.batch(lease, _update(home)), 412, "stale")


def batch_compares_what_it_expects(portal: Portal) -> None:
    """A batch whose `expects` does not hold answers 412 naming the row, and nothing is done."""
    home, (person,), lease = portal.managed("manager")
    revision = portal.row("/meta")["revision"]
    right = {"kind": "contact", "id": person["id"], "version": person["version"]}
    wrong = {**right, "version": person["version"] + 1}
    answer = portal.batch(lease, _update(home), expects={"rows": [wrong]})
    problem = expect_problem(answer, 412, "stale")
    expect_equal(
        (problem.get("kind"), problem.get("id")), ("contact", person["id"]), "the row"
    )
    people = {"customers": [home["id"]], "revision": revision}
    other_run = f"run_other_{portal.run}"
    promotion = {"op": "change_role", "id": person["id"], "version": person["version"]}
    holds = portal.batch(lease, _update(home), expects={"rows": [right], "people": people})
    expect_status(holds, 200)
    second = {"role": "requester"}
    optional = {"op": "record", "object": "customer", "id": home["id"]}
    version = home["version"] + 1
    base = {"present": True, "fields": {"manager_optional": True}}
    record = {**optional, "version": version, "applied": base}
    answer = portal.batch(lease, record, {**promotion, "fields": second}, run=other_run)
    expect_status(answer, 200)
    home = portal.row(f"/customers/{home['id']}")
    answer = portal.batch(lease, _update(home), expects={"people": people})
    expect_problem(answer, 412, "stale")
    expect_equal(portal.row(f"/customers/{home['id']}"), home, "the customer")


def protected_rows_keep_their_rights(portal: Portal) -> None:
    """A protected contact is not removed, demoted or released; their customer stays too."""
    home, (boss, _), lease = portal.managed("manager", "manager")
    protection = {"op": "update_contact", "id": boss["id"], "version": boss["version"]}
    answer = portal.batch(lease, {**protection, "fields": {"protected": True}})
    expect_status(answer, 200)
    boss, home = (
        portal.row(f"/contacts/{boss['id']}"),
        portal.row(f"/customers/{home['id']}"),
    )
    row = {"id": boss["id"], "version": boss["version"]}
    for operation in (
        {"op": "remove_contact", **row},
        {"op": "change_role", **row, "fields": {"role": "observer"}},
        {"op": "change_role", **row, "fields": {"role": "observer", "protected": False}},
        {
            "op": "change_email",
            **row,
            "fields": {"email": f"{portal.word()}@other.example"},
        },
        {"op": "release_contact", **row},
        {"op": "archive_customer", "id": home["id"], "version": home["version"]},
    ):
        expect_problem(portal.batch(lease, operation), 409, "protected")
    expect_equal(portal.row(f"/contacts/{boss['id']}"), boss, "the protected contact")


def protection_binds_the_api_too(portal: Portal) -> None:
    """PATCH, DELETE and actions on a protected contact answer 409 as a batch does."""
    home = portal.customer()
    boss = portal.contact(home, "manager", protected=True)
    path = f"/contacts/{boss['id']}"
    answers = [
        portal.write("PATCH", path, boss["version"], {"role": "observer"}),
        portal.write("POST", f"{path}/offboard", boss["version"], {"reason": "left"}),
        portal.write("DELETE", path, boss["version"]),
        portal.write("POST", f"/customers/{home['id']}/archive", home["version"]),
    ]
    for answer in answers:
        expect_problem(answer, 409, "protected")
    expect_equal(portal.row(path), boss, "the protected contact")


def batch_writes_only_for_its_owner(portal: Portal) -> None:
    """A batch of another owner answers 409 on managed rows, and adopts nothing of theirs."""
    home, (person,), lease = portal.managed("manager")
    adoption = {"op": "adopt_customer", "id": home["id"], "version": home["version"]}
    for operation in (
        _update(home),
        _update(person),
        _removal(person),
        {**adoption, "key": home["external_key"]},
    ):
        answer = portal.batch(lease, operation, owner=f"other-{portal.run}")
        # A token that is bound to one owner is refused earlier.
        expect_problem(answer, 403 if answer.status_code == 403 else 409)
    expect_equal(portal.row(f"/customers/{home['id']}"), home, "the customer")


def batch_remembers_what_was_applied(portal: Portal) -> None:
    """A managed row has the batch's owner, its key, and `applied` with commit and run."""
    home, (person,), _ = portal.managed("manager")
    for row in (home, person):
        expect_equal(row["owner"], portal.owner, "the owner")
        expect(row["external_key"], "a managed row has no key")
        expect_equal(row["applied"]["present"], True, "`applied.present`")
        expect_equal(row["applied"]["fields"]["name"], row["name"], "`applied.fields.name`")
        expect_equal(row["applied"]["commit"], "c0ffee0", "`applied.commit`")
        expect_equal(row["applied"]["run"], f"run_{portal.run}", "`applied.run`")


def people_exchange_addresses_in_one_batch(portal: Portal) -> None:
    """Two contacts exchange their addresses, and their keys, in one batch."""
    _, (first, second), lease = portal.managed("manager", "requester")
    operations = [
        {"op": op, "id": row["id"], "version": row["version"], **members}
        for row, partner in ((first, second), (second, first))
        for op, members in (
            ("change_email", {"fields": {"email": partner["email"]}}),
            ("rename_contact", {"key": partner["external_key"]}),
        )
    ]
    expect_status(portal.batch(lease, *operations), 200)
    for row, partner in ((first, second), (second, first)):
        contact = portal.row(f"/contacts/{row['id']}")
        expect_equal(contact["email"], partner["email"], "the address")
        expect_equal(contact["external_key"], partner["external_key"], "the key")


LAWS = (
    Law(batch_answers_each_operation, "apply"),
    Law(batch_is_done_whole_or_not_at_all, "apply"),
    Law(batch_is_fenced, "apply"),
    Law(batch_compares_versions, "apply"),
    Law(batch_compares_what_it_expects, "apply"),
    Law(batch_remembers_what_was_applied, "apply"),
    Law(batch_writes_only_for_its_owner, "apply"),
    Law(people_exchange_addresses_in_one_batch, "apply"),
    Law(protected_rows_keep_their_rights),
    Law(protection_binds_the_api_too),
)
