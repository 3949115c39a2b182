"""People: handovers, mails, removals and lives."""

from __future__ import annotations

from collections import Counter

from reconciler.contract.client import Row
from reconciler.contract.law import Law, expect, expect_equal, expect_problem, expect_status
from reconciler.contract.portal import Portal


def _mails(portal: Portal, contact: Row) -> Counter[tuple[str, str, str]]:
    mails = portal.items("/outbox", contact=contact["id"])
    return Counter((mail["kind"], mail["to"], mail["language"]) for mail in mails)


def offboarding_hands_open_work_over(portal: Portal) -> None:
    """Offboarding a person with open requests needs an heir, who then owns all of them."""
    home = portal.customer()
    leaver, heir = portal.contact(home), portal.contact(home, "manager")
    watcher = portal.contact(home, "observer")
    ids = {portal.request(leaver)["id"] for _ in range(3)}
    path = f"/contacts/{leaver['id']}/offboard"
    problem = expect_problem(
        portal.write("POST", path, leaver["version"], {"reason": "left"}), 409, "no-heir"
    )
    expect_equal(set(problem.get("requests", [])), ids, "`requests` of the problem")
    wrong = {"reason": "left", "work_to": watcher["id"]}
    answer = portal.write("POST", path, leaver["version"], wrong)
    expect_problem(answer, 409, "heir-may-not-hold-work")
    body = {"reason": "left", "work_to": heir["id"]}
    row = expect_status(portal.write("POST", path, leaver["version"], body), 200)
    expect_equal(row["status"], "removed", "the status of the person who left")
    owners = {portal.row(f"/requests/{id}")["owner"] for id in ids}
    expect_equal(owners, {heir["id"]}, "the owner of the requests")
    kinds = [kind for kind, _, _ in _mails(portal, heir).elements()]
    expect_equal(kinds.count("work_received"), 1, "the number of mails to the heir")


def open_work_always_has_an_owner(portal: Portal) -> None:
    """No batch leaves an open request with a person who left or may not hold work."""
    _, (heir, leaver), lease = portal.managed("manager", "requester")
    request = portal.request(leaver)
    row = {"id": leaver["id"], "version": leaver["version"]}
    demotion = {"op": "change_role", **row, "fields": {"role": "observer"}}
    for operation in ({"op": "remove_contact", **row}, demotion):
        problem = expect_problem(portal.batch(lease, operation), 409, "no-heir")
        expect_equal(problem.get("requests"), [request["id"]], "`requests` of the problem")
    handover = {"op": "hand_over_work", **row, "work_to": {"id": heir["id"]}}
    expect_status(portal.batch(lease, handover, demotion), 200)
    owner = portal.row(f"/requests/{request['id']}")["owner"]
    expect_equal(owner, heir["id"], "the owner of the request")


def last_manager_stays(portal: Portal) -> None:
    """A batch leaves a customer the manager that it had, unless `manager_optional` is applied."""
    home, (manager, _), lease = portal.managed("manager", "requester")
    row = {"id": manager["id"], "version": manager["version"]}
    demotion = {"op": "change_role", **row, "fields": {"role": "requester"}}
    for operation in (demotion, {"op": "remove_contact", **row}):
        expect_problem(portal.batch(lease, operation), 409, "last-manager")
    base = {"present": True, "fields": {"name": home["name"], "manager_optional": True}}
    record = {"op": "record", "object": "customer", "id": home["id"]}
    optional = {**record, "version": home["version"], "applied": base}
    expect_status(portal.batch(lease, optional, demotion), 200)


def each_cause_sends_one_mail(portal: Portal) -> None:
    """A new contact gets one mail; a new address two: to it, and to the old one."""
    _, (person,), lease = portal.managed("manager", language="de")
    email = f"{portal.word()}@contract-suite.example"
    change = {"op": "change_email", "id": person["id"], "version": person["version"]}
    body = portal.batch_body(lease, {**change, "fields": {"email": email}})
    key = portal.key()
    for _ in range(2):
        expect_status(portal.ask("POST", "/batches", json=body, headers=key), 200)
    mails = {
        ("activation", person["email"], "de"): 1,
        ("activation_again", email, "de"): 1,
        ("address_changed", person["email"], "de"): 1,
    }
    expect_equal(dict(_mails(portal, person)), mails, "the mails of the person")


def mails_are_as_the_batch_leaves_people(portal: Portal) -> None:
    """Mails have the address and language after the batch, whatever its operations' order."""
    _, (heir, leaver), lease = portal.managed("manager", "requester", language="de")
    portal.request(leaver)
    email = f"{portal.word()}@contract-suite.example"
    row = {"id": heir["id"], "version": heir["version"]}
    removal = {"op": "remove_contact", "id": leaver["id"], "version": leaver["version"]}
    answer = portal.batch(
        lease,
        {**removal, "work_to": {"id": heir["id"]}},
        {"op": "change_email", **row, "fields": {"email": email}},
        {"op": "update_contact", **row, "fields": {"language": "fr"}},
    )
    expect_status(answer, 200)
    mails = _mails(portal, heir)
    for mail in (
        ("work_received", email, "fr"),
        ("activation_again", email, "fr"),
        ("address_changed", heir["email"], "fr"),
    ):
        expect_equal(mails[mail], 1, f"the number of mails {mail}")


def address_is_one_login(portal: Portal) -> None:
    """An address belongs to one living contact of all customers, in any spelling."""
    person = portal.contact(portal.customer())
    body = portal.contact_body(portal.customer(), email=person["email"].upper())
    expect_problem(portal.add("/contacts", body), 409, "address-taken")
    path = f"/contacts/{person['id']}/offboard"
    expect_status(portal.write("POST", path, person["version"], {"reason": "left"}), 200)
    row = expect_status(portal.add("/contacts", body), 201)
    expect_equal(row["email"], body["email"], "the address, as it was sent")


def sessions_end_with_address_and_removal(portal: Portal) -> None:
    """A new address asks for a new activation; it and a removal end the person's sessions."""
    home = portal.customer()
    for is_removal in (False, True):
        person = portal.contact(home)
        session = portal.session(person)
        expect_status(portal.get("/account", token=session), 200)
        path = f"/contacts/{person['id']}"
        version = portal.row(path)["version"]
        if is_removal:
            body = {"reason": "left"}
            answer = portal.write("POST", f"{path}/offboard", version, body)
        else:
            body = {"email": f"{portal.word()}@contract-suite.example"}
            answer = portal.write("PATCH", path, version, body)
        status = expect_status(answer, 200)["status"]
        expect_equal(status, "removed" if is_removal else "invited", "the status")
        expect_problem(portal.get("/account", token=session), 401, "unauthenticated")


def restored_contact_begins_another_life(portal: Portal) -> None:
    """A removed contact stays as a tombstone; restoring invites them, and counts their life."""
    person = portal.contact(portal.customer())
    path = f"/contacts/{person['id']}"
    answer = portal.write("POST", f"{path}/offboard", person["version"], {"reason": "left"})
    tombstone = expect_status(answer, 200)
    expect_equal(tombstone["status"], "removed", "the status of the tombstone")
    expect(tombstone["removed"]["restorable_until"], "the tombstone has no end")
    answer = portal.write("POST", f"{path}/restore", tombstone["version"])
    row = expect_status(answer, 200)
    expect_equal(row["status"], "invited", "the status after restoring")
    expect(row["life"] > person["life"], "restoring does not count the life")


def archive_takes_people_out_and_back(portal: Portal) -> None:
    """Archiving removes a customer's people in one revision; restoring brings them back."""
    home = portal.customer()
    people = [portal.contact(home, "manager"), portal.contact(home)]
    request = portal.request(people[1])
    path = f"/customers/{home['id']}"
    answer = portal.write("POST", f"{path}/archive", home["version"])
    problem = expect_problem(answer, 409, "open-requests")
    expect_equal(problem.get("requests"), [request["id"]], "`requests` of the problem")
    end = f"/requests/{request['id']}/reject"
    expect_status(portal.write("POST", end, request["version"], {"reason": "late"}), 200)
    row = expect_status(portal.write("POST", f"{path}/archive", home["version"]), 200)
    expect_equal(list(portal.items("/contacts", customer=home["id"])), [], "the people")
    expect_status(portal.write("POST", f"{path}/restore", row["version"]), 200)
    ids = sorted(person["id"] for person in portal.items("/contacts", customer=home["id"]))
    expect_equal(ids, sorted(person["id"] for person in people), "the people afterwards")


LAWS = (
    Law(offboarding_hands_open_work_over),
    Law(open_work_always_has_an_owner),
    Law(last_manager_stays, "apply"),
    Law(each_cause_sends_one_mail),
    Law(mails_are_as_the_batch_leaves_people),
    Law(address_is_one_login),
    Law(sessions_end_with_address_and_removal),
    Law(restored_contact_begins_another_life),
    Law(archive_takes_people_out_and_back),
)
