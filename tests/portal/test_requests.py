"""Requests through the API: sending, quotes, decisions, delivery, with whom and in which state."""

from __future__ import annotations

import concurrent.futures
from typing import Any

import pytest
from sqlalchemy import update

from reconciler.portal.actions import projects, quotes
from reconciler.portal.actions.quotes import expire_quotes
from reconciler.portal.demo.history import add_past_year
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.principals import SYSTEM, Actor, Principal
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.request_numbers import draw_number, number_in
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store
from tests.portal.harness import Api, Clock, key, past_the_portal, refused
from tests.portal.office import TEN_WORDS, Office, an_office, docx, upload


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


def test_a_requester_sends_files_and_her_project_manager_is_told(office: Office) -> None:
    files = [upload(office.jane)["id"], upload(office.jane, "letter.docx", docx("Four words are here"))["id"]]
    reference = upload(office.jane, "glossary.tmx", b"\0")
    sent = office.send(
        office.jane, *files, reference_files=[reference["id"]], target_languages=["fr", "de"], comment="Urgent"
    )
    assert (sent["owner"], sent["state"], sent["words"], sent["cost"], sent["currency"]) == (
        office.ids["jane"], "quote_pending", 14, "5.32", "EUR",
    )  # fmt: skip
    kinds = [(file["kind"], file["name"]) for file in office.jane.row(f"/requests/{sent['id']}/files")["items"]]
    assert kinds == [("source", "leaflet.txt"), ("source", "letter.docx"), ("reference", "glossary.tmx")]
    mail = office.mails_of("submitted")[0]
    assert (mail["to"], mail["language"], mail["subject"]) == (
        "lee@provider.example",
        "de",
        f"Neue Anfrage: Leaflet (#{sent['number']})",
    )
    assert f"http://127.0.0.1:8000/requests/{sent['id']}" in mail["text"]


def test_a_request_moves_no_version_of_its_contact_and_carries_the_contracts_fields(office: Office) -> None:
    before = office.admin.row(f"/contacts/{office.ids['jane']}")
    sent = office.send(office.jane, upload(office.jane)["id"])
    assert office.admin.row(f"/contacts/{office.ids['jane']}") == before
    line = next(line for line in office.admin.get("/snapshot").text.splitlines() if '"kind":"request"' in line)
    for field in ("id", "customer", "owner", "state", "service", "source_language", "target_languages", "deadline"):
        assert f'"{field}":' in line
    assert sent["id"] in line


@pytest.mark.parametrize(
    ("workflow", "state", "mails"),
    [
        ("pm_quote_manual", "quote_pending", 0), ("pm_quote_automatic", "quote_pending", 0),
        ("automatic_quote", "quoted", 1), ("automatic_project", "in_progress", 0),
    ],
)  # fmt: skip
def test_a_workflow_makes_of_counted_files_what_the_field_says(
    office: Office, workflow: str, state: str, mails: int
) -> None:
    sent = office.send(office.jane, upload(office.jane)["id"], workflow=workflow)
    assert (sent["state"], sent["words"], sent["cost"]) == (state, 10, "1.90")
    assert sent["expires_at"] == ("2026-12-23T12:00:00Z" if state == "quoted" else None)
    assert len(office.mails_of("quoted")) == mails


def test_an_automatic_quote_of_a_file_nobody_can_count_waits_for_a_project_manager(office: Office) -> None:
    files = [upload(office.jane)["id"], upload(office.jane, "plan.dwg", b"\0\1")["id"]]
    sent = office.send(office.jane, *files, workflow="automatic_quote")
    assert (sent["state"], sent["words"], sent["cost"]) == ("quote_pending", None, None)
    missing = office.do(office.pm, "approve", sent["id"], 422)
    assert "'words' is required" in missing["detail"]
    quoted = office.do(office.pm, "approve", sent["id"], words=1000, deadline="2026-12-01T09:00:00Z")
    assert (quoted["state"], quoted["words"], quoted["cost"]) == ("quoted", 1000, "190.00")
    assert (quoted["deadline"], quoted["expires_at"]) == ("2026-12-01T09:00:00Z", "2026-12-23T12:00:00Z")
    assert office.do(office.jane, "accept", sent["id"])["state"] == "in_progress"


def test_what_is_not_on_offer_cannot_be_ordered(office: Office) -> None:
    office.admin.write("PATCH", "/settings", 1, {"languages": {"source": ["en"], "target": ["de", "fr"]}})
    file = upload(office.jane)["id"]
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"service": None}, "'service' is required"),
        ({"service": "internal"}, "there is no service 'internal'"),
        ({"service": "nowhere"}, "there is no service 'nowhere'"),
        ({"source_language": "ja"}, "source languages are en"),
        ({"target_languages": ["de", "hu"]}, "target languages are de, fr"),
        ({"deadline": "2026-11-23T12:00:00Z"}, "is in the past"),
        ({"deadline": "2027-02-30T12:00:00Z"}, "deadline"),
        ({"deadline": "0000-01-01T00:00:00Z"}, "deadline"),
        ({"workflow": "automatic_quote", "files": []}, "'files' is required"),
    ]
    for fields, told in wrong:
        assert told in office.send(office.jane, file, status=422, **fields)["detail"]
    assert office.send(office.jane, file)["state"] == "quote_pending"


def test_a_service_for_everybody_can_be_ordered_and_one_workflow_of_it_alone(office: Office) -> None:
    service = next(row for row in office.admin.items("/services") if row["code"] == "internal")
    office.admin.write("PATCH", f"/services/{service['id']}", service["version"], {"available_to_all": True})
    assert office.send(office.jane, service="internal")["state"] == "quote_pending"
    refusal = office.send(
        office.jane, upload(office.jane)["id"], status=422, service="internal", workflow="automatic_project"
    )
    assert "accepts the workflows pm_quote_manual" in refusal["detail"]


def test_nobody_can_order_where_nobody_looks_after_the_customer(office: Office) -> None:
    office.admin.write("PATCH", f"/customers/{office.home['id']}", 1, {"project_managers": []})
    refusal = office.send(office.jane, upload(office.jane)["id"], status=409)
    assert refusal["type"] == "wrong-state"


def test_people_send_for_themselves_and_the_providers_tools_for_anybody(office: Office) -> None:
    office.send(office.mara, upload(office.mara)["id"], owner=office.ids["mara"])
    office.send(office.mara, upload(office.mara)["id"], status=404, owner=office.ids["jane"])
    office.send(office.olga, status=403)
    office.send(office.pm, status=403)
    assert office.send(office.admin, status=422)["detail"].startswith("'owner' is required")
    by_tool = office.send(office.admin, owner=office.ids["jane"], service=None)
    assert (by_tool["owner"], by_tool["service"]) == (office.ids["jane"], None)
    assert len(office.mails_of("submitted")) == 1


def test_uploads_of_others_are_not_there(office: Office) -> None:
    mine, hers, tools = upload(office.jane)["id"], upload(office.tom)["id"], upload(office.admin)["id"]
    for files in ([hers], [tools], [mine, hers], ["file_00"], ["../../etc/passwd"]):
        assert office.send(office.jane, *files, status=404 if ".." not in files[0] else 422)["status"] in {404, 422}
    office.send(office.jane, mine, mine, status=422)
    office.send(office.jane, mine, reference_files=[mine], status=422)
    office.send(office.jane, mine)
    office.send(office.jane, mine, status=404)


def test_a_request_from_file_to_delivery_with_every_mail_once(office: Office) -> None:
    sent = office.send(office.jane, upload(office.jane)["id"])
    id = sent["id"]
    assert office.do(office.pm, "approve", id, cost="99.00")["cost"] == "99.00"
    accepted = office.do(office.jane, "accept", id)
    assert (accepted["state"], accepted["accepted_at"], accepted["expires_at"]) == (
        "in_progress", "2026-11-23T12:00:00Z", None,
    )  # fmt: skip
    assert office.do(office.pm, "progress", id, progress=40)["progress"] == 40
    translated = upload(office.pm, "Blatt.txt", b"Zehn Worte.")
    office.do(office.pm, "deliver", id, 422, files=[{"upload": translated["id"], "language": "fr"}])
    done = office.do(office.pm, "deliver", id, files=[{"upload": translated["id"], "language": "de"}])
    assert (done["state"], done["progress"], done["delivered_at"]) == ("delivered", 100, "2026-11-23T12:00:00Z")
    mails = [(mail["kind"], mail["to"]) for mail in office.admin.items("/outbox") if mail["kind"] not in {"activation"}]
    assert sorted(mails) == [
        ("accepted", "lee@provider.example"), ("delivered", "requester-0@acme.example"),
        ("quoted", "requester-0@acme.example"), ("submitted", "lee@provider.example"),
    ]  # fmt: skip
    history = office.admin.get("/changes", params={"limit": 200}).json()["items"]
    what = [entry["what"] for entry in history if entry["id"] == id]
    assert what == ["POST requests", "requests/approve", "requests/accept", "requests/progress", "requests/deliver"]


EVENTS: dict[str, dict[str, Any] | None] = {
    "approve": {"words": 5}, "reject": {"reason": "no"}, "accept": None, "decline": {"reason": "no"},
    "cancel": {"reason": "no"}, "revive": {"words": 5}, "progress": {"progress": 50},
    "deliver": {"files": [{"upload": "file_00", "language": "de"}]}, "reassign": {"owner": "con_00"},
}  # fmt: skip
POSSIBLE = {
    "quote_pending": {"approve", "reject", "reassign"}, "quote_being_made": {"approve", "reject", "reassign"},
    "quoted": {"accept", "decline", "cancel", "reassign"}, "in_progress": {"progress", "deliver", "reassign"},
    "delivered": set(), "cancelled": {"revive"},
}  # fmt: skip


def test_every_event_in_every_state_does_what_the_table_says_or_names_what_is_possible(office: Office) -> None:
    id = office.send(office.admin, owner=office.ids["jane"], service=None)["id"]
    for state, allowed in POSSIBLE.items():
        for event, body in EVENTS.items():
            past_the_portal(office.admin.store, id, state)
            row = office.admin.row(f"/requests/{id}")
            heir = "jane" if row["owner"] == office.ids["tom"] else "tom"
            sent = {"owner": office.ids[heir]} if event == "reassign" else body
            who = office.mara if event in {"accept", "decline"} else office.admin
            answer = who.write("POST", f"/requests/{id}/{event}", row["version"], sent)
            if event not in allowed:
                assert set(refused(answer, "wrong-state")["possible"]) == allowed, (state, event)
            else:
                assert answer.status_code == (404 if event == "deliver" else 200), (state, event, answer.text)


WHO_MAY = {
    "approve": {"pm", "ada"}, "reject": {"pm", "ada"}, "cancel": {"pm", "ada"}, "revive": {"pm", "ada"},
    "progress": {"pm", "ada"}, "deliver": {"pm", "ada"}, "accept": {"jane", "mara"}, "decline": {"jane", "mara"},
    "reassign": {"mara", "ada"},
}  # fmt: skip
FORBIDDEN = {
    "jane": {"approve", "reject", "cancel", "revive", "progress", "deliver", "reassign"},
    "tom": {"approve", "reject", "cancel", "revive", "progress", "deliver", "reassign"},
    "jane_beta": {"approve", "reject", "cancel", "revive", "progress", "deliver", "reassign"},
    "olga": set(EVENTS), "mara": {"approve", "reject", "cancel", "revive", "progress", "deliver"},
    "mara_beta": {"approve", "reject", "cancel", "revive", "progress", "deliver"},
    "pm": {"accept", "decline", "reassign"}, "pm_else": {"accept", "decline", "reassign"}, "ada": {"accept", "decline"},
}  # fmt: skip
"""Who may never do it, whosever the request is; whom neither table names, for her there is no such request."""


def test_every_event_by_everybody_is_done_forbidden_or_not_there(office: Office) -> None:
    id = office.send(office.admin, owner=office.ids["jane"], service=None)["id"]
    for event, body in EVENTS.items():
        for name, never in FORBIDDEN.items():
            version = office.admin.row(f"/requests/{id}")["version"] + 1
            answer = office.clients[name].write("POST", f"/requests/{id}/{event}", version, body)
            expected = 412 if name in WHO_MAY[event] else 403 if event in never else 404
            assert answer.status_code == expected, (event, name, answer.text)


def test_a_manager_hands_over_what_is_others_never_her_own_and_takes_what_she_is_given(office: Office) -> None:
    id = office.quoted("jane")
    moved = office.do(office.mara, "reassign", id, owner=office.ids["mara"])
    assert moved["owner"] == office.ids["mara"]
    office.do(office.mara, "reassign", id, 404, owner=office.ids["tom"])
    assert [mail["to"] for mail in office.mails_of("work_received")] == ["manager-3@acme.example"]
    assert office.do(office.ada, "reassign", id, owner=office.ids["tom"])["owner"] == office.ids["tom"]
    assert office.do(office.mara, "reassign", id, 409, owner=office.ids["olga"])["type"] == "heir-may-not-hold-work"
    assert office.do(office.mara, "reassign", id, 404, owner=office.ids["jane_beta"])["type"] == "not-found"
    assert office.jane.get(f"/requests/{id}").status_code == 404


def test_of_two_who_accept_at_once_one_wins(office: Office) -> None:
    id = office.quoted()
    version = office.admin.row(f"/requests/{id}")["version"]

    def accept(name: str) -> int:
        return int(office.clients[name].write("POST", f"/requests/{id}/accept", version).status_code)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(accept, ["jane", "mara", "jane", "mara"]))
    assert found == [200, 412, 412, 412]
    assert len(office.mails_of("accepted")) == 1


def test_the_same_acceptance_sent_twice_is_one(office: Office) -> None:
    id = office.quoted()
    headers = {**key(), "If-Match": f'"{office.admin.row(f"/requests/{id}")["version"]}"'}
    first, second = (office.jane.post(f"/requests/{id}/accept", headers=headers) for _ in range(2))
    assert (first.status_code, second.json()) == (200, first.json())


def test_a_quote_runs_out_with_revision_history_and_mail_and_can_be_revived(
    office: Office, store: Store, clock: Clock
) -> None:
    id = office.quoted()
    clock.move(days=30)
    assert expire_quotes(store) == 0
    clock.move(seconds=1)
    with store.write(SYSTEM) as work:
        work.connection.execute(update(t.sessions).values(created_at=clock(), used_at=clock()))
    late = office.do(office.jane, "accept", id, 409)
    assert (late["type"], late["possible"]) == ("wrong-state", ["decline", "cancel", "reassign"])
    revision = office.admin.row("/meta")["revision"]
    assert (expire_quotes(store), expire_quotes(store)) == (1, 0)
    row = office.admin.row(f"/requests/{id}")
    assert (row["state"], row["reason"], row["expires_at"]) == ("cancelled", "expired", None)
    last = office.admin.get("/changes", params={"since": revision}).json()["items"]
    assert [(entry["what"], entry["actor"]) for entry in last] == [("quote_expired", "system")]
    assert "not accepted in time" in office.mails_of("cancelled")[0]["text"]
    revived = office.do(office.pm, "revive", id)
    assert (revived["state"], revived["expires_at"], revived["reason"]) == ("quoted", "2027-01-22T12:00:01Z", None)
    assert office.do(office.jane, "accept", id)["state"] == "in_progress"


def test_a_request_of_somebody_who_left_is_not_revived(office: Office) -> None:
    id = office.quoted()
    office.do(office.jane, "decline", id, reason="too dear")
    jane = office.admin.row(f"/contacts/{office.ids['jane']}")
    office.admin.act(f"/contacts/{jane['id']}/offboard", jane)
    assert office.do(office.pm, "revive", id, 409)["type"] == "no-heir"


@pytest.mark.parametrize("who", ["", "ada", "pm"])
def test_nobody_but_an_event_moves_a_request_and_a_correction_says_so(office: Office, who: str) -> None:
    client, id = office.clients[who] if who else office.admin, office.quoted()
    row = office.admin.row(f"/requests/{id}")
    for state in ("in_progress", "delivered", "quoted", None):
        problem = refused(client.write("PATCH", f"/requests/{id}", row["version"], {"state": state}), "unprocessable")
        assert (
            "POST requests/ID/EVENT with one of approve, reject, accept, decline, cancel, revive" in problem["detail"]
        )
    assert office.admin.row(f"/requests/{id}") == row
    moved = client.write("PATCH", f"/requests/{id}", row["version"], {"deadline": "2027-03-01T12:00:00Z"}).json()
    assert (moved["state"], moved["deadline"], moved["requested_deadline"]) == ("quoted", "2027-03-01T12:00:00Z", None)


def test_no_deadline_is_in_the_past_whoever_writes_it(office: Office) -> None:
    past = {"deadline": "2026-11-23T12:00:00Z"}
    id = office.quoted()
    for client in (office.admin, office.ada, office.pm):
        row = office.admin.row(f"/requests/{id}")
        assert (
            "is in the past"
            in refused(client.write("PATCH", f"/requests/{id}", row["version"], past), "unprocessable")["detail"]
        )
    waiting = office.send(office.jane, upload(office.jane)["id"])["id"]
    assert "is in the past" in office.do(office.pm, "approve", waiting, 422, **past)["detail"]
    body = {
        "title": "T", "owner": office.ids["jane"], "source_language": "en", "target_languages": ["de"], **past,
    }  # fmt: skip
    answer = office.admin.post("/requests", json=body, headers={**key(), "If-None-Match": "*"})
    assert "is in the past" in refused(answer, "unprocessable")["detail"]


def test_a_quote_for_a_deadline_that_has_passed_meanwhile_needs_another(office: Office, clock: Clock) -> None:
    sent = office.send(office.jane, upload(office.jane)["id"], deadline="2026-11-23T12:10:00Z")
    clock.move(minutes=15)
    assert "is in the past" in office.do(office.pm, "approve", sent["id"], 422)["detail"]
    quoted = office.do(office.pm, "approve", sent["id"], deadline="2026-12-20T12:00:00Z")
    assert (quoted["deadline"], quoted["requested_deadline"]) == ("2026-12-20T12:00:00Z", "2026-11-23T12:10:00Z")


def test_a_moved_deadline_is_told_as_moved_with_price_and_words(office: Office) -> None:
    sent = office.send(office.jane, upload(office.jane)["id"], deadline="2026-12-01T12:00:00Z")
    office.do(office.pm, "approve", sent["id"], deadline="2026-12-20T12:00:00Z")
    (mail,) = office.mails_of("quoted")
    assert "Delivery by 20 December 2026; you asked for 1 December 2026" in mail["text"]
    assert "Price: €1.90\nWeighted words: 10\n" in mail["text"]


def test_every_request_has_a_short_number_of_its_own_for_ever(office: Office) -> None:
    sent = [office.send(office.jane)["number"] for _ in range(5)]
    assert len(set(sent)) == 5
    assert all(100_000 <= number <= 999_999 for number in sent)
    id = office.admin.items("/requests")[0]["id"]
    number = office.admin.row(f"/requests/{id}")["number"]
    office.do(office.pm, "reject", id, reason="no")
    assert office.admin.row(f"/requests/{id}")["number"] == number
    assert [row["id"] for row in office.jane.items("/requests", number=str(number))] == [id]


def test_a_number_grows_a_digit_where_all_of_six_are_taken() -> None:
    assert draw_number(lambda number: number < 1_000_000, lambda n: n // 2) == 5_500_000
    assert draw_number({100_000}.__contains__, lambda _: 1) == 100_001
    assert [number_in(text) for text in ("#482 193", " 482193 ", "48", "Leaflet 482193", "")] == [
        482193,
        482193,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("who", ["", "ada", "pm"])
@pytest.mark.parametrize("event", ["accept", "decline"])
def test_nobody_at_the_provider_decides_for_the_customer(office: Office, event: str, who: str) -> None:
    client, id = office.clients[who] if who else office.admin, office.quoted()
    body = {"reason": "too dear"} if event == "decline" else {}
    assert office.do(client, event, id, 403, **body)["type"] == "forbidden"
    assert office.admin.row(f"/requests/{id}")["state"] == "quoted"


def test_a_tool_sends_nothing_that_begins_a_project_without_the_customer(office: Office) -> None:
    owner, file = office.ids["jane"], upload(office.admin)["id"]
    problem = office.send(office.admin, file, status=422, owner=owner, workflow="automatic_project")
    assert (problem["type"], problem["detail"]) == (
        "unprocessable", "'automatic_project' begins a project without a quote; only the customer can send it",
    )  # fmt: skip
    assert office.send(office.jane, upload(office.jane)["id"], workflow="automatic_project")["state"] == "in_progress"


def test_a_state_that_is_written_past_its_events_is_a_bug_and_stays_out(office: Office, store: Store) -> None:
    id = office.quoted()

    def accepted_by(who: Principal) -> None:
        with store.write(who) as work:
            request = work.get("request", id)
            work.audit(AuditAction.REQUESTS_ACCEPT, request, *quotes.accept(work, request))

    def written() -> None:
        with store.write(SYSTEM) as work:
            request = work.get("request", id)
            request["state"] = "in_progress"
            work.audit(AuditAction.PATCH_REQUESTS, request, None, None)

    def begun() -> None:
        with store.write(SYSTEM) as work:
            fresh = {**work.get("request", id).values, "state": "delivered"}
            request = work.new(
                "request", {name: value for name, value in fresh.items() if name not in {"id", "version"}}
            )
            work.audit(AuditAction.POST_REQUESTS, request, None, None)

    with pytest.raises(LookupError, match="from quoted to in_progress without its events"):
        written()
    with pytest.raises(LookupError, match="from None to delivered without its events"):
        begun()
    for actor in (Actor.PROJECT_MANAGER, Actor.ADMINISTRATOR, Actor.RECONCILER, Actor.SYSTEM):
        with pytest.raises(LookupError, match="only the customer may do this"):
            accepted_by(Principal("tests", "somebody", actor))
    assert [row["state"] for row in office.admin.items("/requests")] == ["quoted"]


def test_nothing_is_delivered_without_a_file(office: Office, store: Store) -> None:
    id = office.quoted()
    office.do(office.jane, "accept", id)
    office.do(office.pm, "deliver", id, 422, files=[])
    with pytest.raises(Problem, match="a delivery needs at least one file"), store.write(SYSTEM) as work:
        projects.deliver(work, work.get("request", id), [])
    assert office.admin.row(f"/requests/{id}")["state"] == "in_progress"


def test_a_customers_no_is_told_to_the_project_manager_and_to_an_owner_who_did_not_say_it(office: Office) -> None:
    office.do(office.jane, "decline", office.quoted(), reason="too dear")
    assert [(mail["to"], "too dear" in mail["text"]) for mail in office.mails_of("cancelled")] == [
        ("lee@provider.example", True)
    ]
    office.do(office.mara, "decline", office.quoted(), reason="too late")
    assert sorted(mail["to"] for mail in office.mails_of("cancelled")) == [
        "lee@provider.example", "lee@provider.example", "requester-0@acme.example",
    ]  # fmt: skip


def test_reach_is_the_same_for_lists_rows_and_files(office: Office) -> None:
    mine, hers = office.quoted("jane"), office.quoted("tom")
    seen = {name: {row["id"] for row in client.items("/requests")} for name, client in office.clients.items()}
    assert seen == {
        "jane": {mine}, "tom": {hers}, "olga": {mine, hers}, "mara": {mine, hers}, "jane_beta": set(),
        "mara_beta": set(), "pm": {mine, hers}, "pm_else": set(), "ada": {mine, hers},
    }  # fmt: skip
    for name, client in office.clients.items():
        for path in (f"/requests/{mine}", f"/requests/{mine}/files", f"/requests/{mine}/files.zip"):
            assert client.get(path).status_code == (200 if mine in seen[name] else 404), (name, path)


def test_erasing_a_person_takes_her_name_from_files_mails_and_what_she_did(office: Office) -> None:
    id = office.delivered()
    jane = office.admin.row(f"/contacts/{office.ids['jane']}")
    gone = office.admin.act(f"/contacts/{jane['id']}/offboard", jane)
    erased = office.admin.act(f"/contacts/{jane['id']}/erase", gone)
    assert "Requester 0" not in office.admin.get(f"/requests/{id}/files").text
    told = [
        entry["by"]
        for entry in office.admin.get("/changes", params={"limit": 200}).json()["items"]
        if entry["id"] == id
    ]
    assert told == [erased["name"], "Pm", erased["name"], "Pm"]
    mails = "".join(mail["text"] + mail["to"] for mail in office.admin.items("/outbox"))
    assert "Requester 0 (Acme)" not in mails
    assert jane["email"] not in mails


def history_of(api: Api, id: str) -> list[tuple[Any, ...]]:
    """What the request's own history says: what, by whom, from which owner to which, by which commit."""
    entries = [entry for entry in api.get("/changes", params={"limit": 200}).json()["items"] if entry["id"] == id]
    return [
        (entry["what"], entry["by"], (entry["before"] or {}).get("owner"), (entry["after"] or {}).get("owner"), entry["commit"])
        for entry in entries
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["hand-over", "offboard", "batch: hand_over_work", "batch: remove_contact"])
def test_a_requests_own_history_says_who_moved_it_from_whom_to_whom(api: Api, way: str) -> None:
    _, (heir, leaver), lease = api.managed("manager", "requester")
    asked = [api.a_request(leaver), api.a_request(leaver, "Leaflet")]
    other = api.a_request(heir)
    if way.startswith("batch"):
        operation = {"op": way.removeprefix("batch: "), "id": leaver["id"], "version": leaver["version"]}
        api.done(lease, {**operation, "work_to": {"id": heir["id"]}})
    else:
        api.act(f"/contacts/{leaver['id']}/{way}", leaver, work_to=heir["id"])
    commit = "4f1c4f1c" if way.startswith("batch") else None
    for each in asked:
        assert history_of(api, each["id"])[1:] == [("work_moved", "the admin token", leaver["id"], heir["id"], commit)]
    assert len(history_of(api, other["id"])) == 1


def test_work_that_moves_on_and_on_says_so_each_time_and_erasing_names_nobody(api: Api) -> None:
    _, (boss, first, second), lease = api.managed("manager", "requester", "requester")
    asked = api.a_request(first)
    api.done(
        lease,
        {"op": "remove_contact", "id": first["id"], "version": first["version"], "work_to": {"id": second["id"]}},
        {"op": "remove_contact", "id": second["id"], "version": second["version"], "work_to": {"id": boss["id"]}},
    )
    before = history_of(api, asked["id"])
    assert [entry[2:4] for entry in before[1:]] == [(first["id"], second["id"]), (second["id"], boss["id"])]
    api.act(f"/contacts/{first['id']}/erase", api.row(f"/contacts/{first['id']}"))
    assert history_of(api, asked["id"]) == before


def test_the_demos_past_requests_tell_how_they_came_to_their_end(office: Office, store: Store, clock: Clock) -> None:
    with store.write(SYSTEM) as work:
        add_past_year(work)
    told: dict[str, list[dict[str, Any]]] = {}
    for entry in office.admin.get("/changes", params={"limit": 200}).json()["items"]:
        told.setdefault(entry["id"], []).append(entry)
    requests = office.admin.items("/requests")
    assert len(requests) == 75
    for row in requests:
        story, begun = told[row["id"]], [("POST requests", row["created_at"])]
        if row["state"] == "delivered":
            end = [("requests/accept", row["accepted_at"]), ("requests/deliver", row["delivered_at"])]
        else:
            end = [("quote_expired", story[-1]["at"])]
        assert [(entry["what"], entry["at"]) for entry in story] == [*begun, ("requests/approve", story[1]["at"]), *end]
        assert [entry["at"] for entry in story] == sorted(entry["at"] for entry in story)
        assert story[-1]["at"] < clock()
        assert story[1]["by"] == "Pm" or row["customer"] != office.home["id"]


def test_ten_words_are_ten(office: Office) -> None:
    assert upload(office.jane, "a.txt", TEN_WORDS * 2)["words"] == 13
