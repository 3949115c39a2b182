"""Words are counted beside the requests: nobody waits for a count, and every count comes to an end."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from reconciler.portal.actions import word_counts
from reconciler.portal.actions.word_counts import CLAIM_S, MAX_TRIES, claim_next, count_next, record_count
from reconciler.portal.commands import create_token
from reconciler.portal.server.word_counting import MAX_CONCURRENT, start_counting
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import system_clock
from reconciler.portal.store.store import Store, open_store
from reconciler.portal.uploads import word_counter
from reconciler.portal.uploads.word_counter import Count, count_in_process
from tests.portal.harness import Clock, key, refused
from tests.portal.nasty import NASTY, slow
from tests.portal.office import TEN_WORDS, Office, an_office, count_all, docx, upload
from tests.portal.servers import serving, until


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


def sent_file(client: Any, name: str = "leaflet.txt", content: bytes = TEN_WORDS) -> dict[str, Any]:
    """A file as it was answered, not counted yet."""
    headers = {**key(), "If-None-Match": "*", "Content-Type": "application/octet-stream"}
    answer = client.post("/uploads", params={"name": name}, content=content, headers=headers)
    assert answer.status_code == 201, answer.text
    sent: dict[str, Any] = answer.json()
    return sent


def state_of(row: dict[str, Any]) -> tuple[str, int | None, str | None]:
    return row["count"], row["words"], row["uncounted"]


def files(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(t.files)).mappings())


def test_an_upload_is_answered_before_its_words_are_counted(office: Office, store: Store) -> None:
    sent = sent_file(office.jane)
    assert state_of(sent) == ("counting", None, None)
    assert state_of(office.jane.row(f"/uploads/{sent['id']}")) == ("counting", None, None)
    count_all(store)
    assert state_of(office.jane.row(f"/uploads/{sent['id']}")) == ("counted", 10, None)
    assert state_of(sent_file(office.jane, "plan.dwg")) == ("uncounted", None, "other-kind")


def test_an_upload_is_shown_to_its_sender_until_a_request_takes_it(office: Office) -> None:
    sent = sent_file(office.jane)
    for client in (office.tom, office.pm, office.admin):
        refused(client.get(f"/uploads/{sent['id']}"), "not-found")
    id = office.send(office.jane, sent["id"])["id"]
    refused(office.jane.get(f"/uploads/{sent['id']}"), "not-found")
    assert state_of(office.jane.row(f"/requests/{id}/files")["items"][0]) == ("counting", None, None)


WORKFLOWS = {
    "pm_quote_manual": ("quote_pending", "quote_pending"), "pm_quote_automatic": ("quote_pending", "quote_pending"),
    "automatic_quote": ("quote_being_made", "quoted"), "automatic_project": ("in_progress", "in_progress"),
}  # fmt: skip
"""The state of a request with files that are being counted, and when they are."""


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_request_that_was_sent_first_becomes_what_one_sent_after_the_count_is(
    office: Office, store: Store, workflow: str
) -> None:
    first, then = WORKFLOWS[workflow]
    sent = office.send(office.jane, *(sent_file(office.jane)["id"] for _ in range(2)), workflow=workflow)
    assert (sent["state"], sent["words"], sent["cost"]) == (first, None, None)
    mails = len(office.mails_of("quoted"))
    assert count_next(store)
    assert office.admin.row(f"/requests/{sent['id']}") == sent
    count_all(store)
    row = office.admin.row(f"/requests/{sent['id']}")
    after = office.send(office.jane, *(upload(office.jane)["id"] for _ in range(2)), workflow=workflow)
    assert {**row, "id": "", "version": 0, "number": 0} == {**after, "id": "", "version": 0, "number": 0}
    assert (row["state"], row["words"], row["cost"]) == (then, 20, "3.80")
    told = [(mail["to"], mail["subject"]) for mail in office.mails_of("quoted")[mails:]]
    assert len(told) == (2 if then == "quoted" else 0)
    assert len({to for to, _ in told}) <= 1
    history = office.admin.get("/changes", params={"limit": 200}).json()["items"]
    entries = [entry for entry in history if entry["id"] == sent["id"]]
    assert [(entry["what"], entry["by"]) for entry in entries] == [
        ("POST requests", "Requester 0"), ("requests/count", "the portal"),
    ]  # fmt: skip
    assert entries[1]["after"] == {name: row[name] for name in entries[1]["after"]}


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_request_goes_on_to_a_project_manager_when_a_person_has_to_count(
    office: Office, store: Store, workflow: str
) -> None:
    ids = [sent_file(office.jane)["id"], sent_file(office.jane, "a.docx", b"no archive")["id"]]
    sent = office.send(office.jane, *ids, workflow=workflow)
    count_all(store)
    row = office.admin.row(f"/requests/{sent['id']}")
    state = "in_progress" if workflow == "automatic_project" else "quote_pending"
    assert (row["state"], row["words"], row["cost"]) == (state, None, None)
    assert office.mails_of("quoted") == []


def test_a_project_manager_who_is_quicker_than_the_count_has_the_last_word(office: Office, store: Store) -> None:
    quoted, refused_one = (
        office.send(office.jane, sent_file(office.jane)["id"], workflow="automatic_quote")["id"] for _ in range(2)
    )
    office.do(office.pm, "approve", quoted, words=7)
    office.do(office.pm, "reject", refused_one, reason="no")
    count_all(store)
    rows = [office.admin.row(f"/requests/{id}") for id in (quoted, refused_one)]
    assert [(row["state"], row["words"]) for row in rows] == [("quoted", 7), ("cancelled", 10)]
    assert len(office.mails_of("quoted")) == 1


def test_what_tools_sent_is_no_news_to_its_owner(office: Office, store: Store) -> None:
    body = {"owner": office.ids["jane"], "workflow": "automatic_quote"}
    sent = office.send(office.admin, sent_file(office.admin)["id"], **body)
    count_all(store)
    assert office.admin.row(f"/requests/{sent['id']}")["state"] == "quoted"
    assert office.mails_of("quoted") == []


def test_a_count_belongs_to_one_taker_until_it_runs_out(office: Office, store: Store, clock: Clock) -> None:
    id = sent_file(office.jane)["id"]
    dead = claim_next(store)
    assert dead
    assert claim_next(store) is None
    clock.move(seconds=CLAIM_S)
    living = claim_next(store)
    assert living
    record_count(store, dead, Count(99, None))
    assert state_of(office.jane.row(f"/uploads/{id}")) == ("counting", None, None)
    record_count(store, living, Count(10, None))
    record_count(store, dead, Count(99, None))
    assert state_of(office.jane.row(f"/uploads/{id}")) == ("counted", 10, None)


def test_one_file_of_a_person_is_counted_at_a_time_and_everybody_has_a_turn(
    office: Office, store: Store, clock: Clock
) -> None:
    for client, number in ((office.jane, 3), (office.tom, 2), (office.admin, 1)):
        for _ in range(number):
            sent_file(client)
        clock.move(seconds=1)
    taken = [claim_next(store) for _ in range(4)]
    assert [file and file["by"] for file in taken] == ["Requester 0", "Requester 1", "the admin token", None]
    turns = []
    for file in taken[:3]:
        assert file
        record_count(store, file, Count(10, None))
    for _ in range(3):
        clock.move(seconds=1)
        file = claim_next(store)
        assert file
        turns.append(file["by"])
        record_count(store, file, Count(10, None))
    assert turns == ["Requester 0", "Requester 1", "Requester 0"]


def test_a_count_that_never_ends_is_left_to_a_person(office: Office, store: Store, clock: Clock) -> None:
    sent = office.send(office.jane, sent_file(office.jane)["id"], workflow="automatic_quote")
    for _ in range(MAX_TRIES):
        assert claim_next(store)
        clock.move(seconds=CLAIM_S)
    count_all(store)
    assert state_of(office.jane.row(f"/requests/{sent['id']}/files")["items"][0]) == ("uncounted", None, "too-complex")
    assert office.admin.row(f"/requests/{sent['id']}")["state"] == "quote_pending"


def test_a_process_that_dies_is_begun_again_and_given_up(
    office: Office, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_counter, "WALL_S", 0.0)
    id = sent_file(office.jane)["id"]
    count_all(store)
    assert state_of(office.jane.row(f"/uploads/{id}")) == ("uncounted", None, "too-complex")
    assert files(store)[0]["count_tries"] == MAX_TRIES + 1


def test_a_file_whose_bytes_are_gone_is_left_to_a_person(office: Office, store: Store) -> None:
    id = sent_file(office.jane)["id"]
    store.vault.discard(id)
    count_all(store)
    assert state_of(office.jane.row(f"/uploads/{id}")) == ("uncounted", None, "no-bytes")


def test_the_system_ends_a_count_that_takes_too_much_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_counter, "CPU_S", 0.2)
    path = tmp_path / "slow.docx"
    path.write_bytes(slow())
    assert count_in_process("slow.docx", path) == Count(None, "too-complex")


@dataclass
class Busy:
    """How many counts are under way, and the most that ever were: in all, and of one person."""

    now: Counter[str] = field(default_factory=Counter)
    most: int = 0
    most_of_one: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str, path: Path) -> Count | None:
        with self.lock:
            self.now[name] += 1
            self.most = max(self.most, self.now.total())
            self.most_of_one = max(self.most_of_one, *self.now.values())
        try:
            return count_in_process(name, path)
        finally:
            with self.lock:
                self.now[name] -= 1


def test_nasty_documents_of_many_people_hold_up_nobody(
    office: Office, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy, served, done = Busy(), 0, threading.Event()
    monkeypatch.setattr(word_counts, "count_in_process", busy.count)
    monkeypatch.setattr(word_counter, "CPU_S", 0.3)
    documents = [make() for make in NASTY]
    threads = start_counting(store, done)
    for number in range(11):
        for name in ("jane", "tom", "mara", "jane_beta"):
            client, content = office.clients[name], documents[number % len(documents)]
            assert sent_file(client, f"{name}.docx", content)["count"] == "counting"

    def all_ended() -> bool:
        nonlocal served
        under_way = busy.now.total()
        answers = [office.olga.get("/requests"), office.jane.get("/account"), office.admin.get("/meta")]
        assert {answer.status_code for answer in answers} == {200}
        served += len(answers) if under_way else 0
        return all(file["count_at"] is None for file in files(store))

    until(all_ended, within_s=300)
    done.set()
    for thread in threads:
        thread.join(30)
    assert (busy.most, busy.most_of_one) == (MAX_CONCURRENT, 1)
    assert served > 0
    ends = Counter((file["words"], file["uncounted"]) for file in files(store))
    assert ends == {(None, "too-complex"): 32, (None, "document-type"): 12}


def test_what_a_killed_server_did_not_count_another_one_counts(database: str, tmp_path: Path) -> None:
    where = ("--files", str(tmp_path / "files"))
    token, store = create_token(database, "admin", "tests"), open_store(database, files=tmp_path / "files")
    with serving(database, *where, token=token) as first, first.client() as client:
        sent_file(client, "slow.docx", slow())
        until(lambda: files(store)[0]["count_tries"] == 1)
        waiting = sent_file(client, "letter.docx", docx("Four words are here"))
        first.kill()
    assert [file["count_at"] is None for file in files(store) if file["id"] == waiting["id"]] == [False]
    with store.unversioned() as connection:  # a taker's time is over
        connection.execute(update(t.files).values(count_at=system_clock()))
    with serving(database, *where, token=token) as second:
        until(lambda: all(file["count_at"] is None for file in files(store)), within_s=180)
        assert second.stop() == 0
    assert {file["name"]: (file["words"], file["uncounted"]) for file in files(store)} == {
        "slow.docx": (None, "too-complex"), "letter.docx": (4, None),
    }  # fmt: skip
    store.engine.dispose()
