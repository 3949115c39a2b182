"""Requests on the pages: a person sends, decides, delivers and takes away by what she sees and nothing else."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.office import Office, an_office, count_all, docx, upload


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


def a_reader(office: Office, name: str, language: str = "en") -> Reader:
    store = office.admin.store
    if name in office.ids:
        return Reader.contact(store, office.ids[name], language)
    emails = {"pm": "lee@provider.example", "pm_else": "kim@provider.example", "ada": "ada@provider.example"}
    return Reader.staff(store, email=emails[name], language=language)


def send_files(reader: Reader, action: str, files: Mapping[str, Any], status: int = 200, **fields: Any) -> str:
    """Fill in the form on the page that goes there, with files."""
    values = {
        **reader.form_to(action).values,
        **{name: [each] if isinstance(each, str) else each for name, each in fields.items()},
    }
    parts = [(name, each) for name, some in files.items() for each in some]
    reader.page = reader.post(action, data=values, files=parts or [("none", ("", b""))])
    assert reader.page.status_code == status, (reader.page.status_code, reader.page.text[:3000])
    count_all(reader.app.state.store)  # type: ignore[attr-defined]
    return reader.open(reader.page.url.path) if status == 200 else str(reader.page.text)


def actions(reader: Reader) -> set[str]:
    """What the forms on the page would do with the request."""
    return set(re.findall(r'action="/requests/[^/"]+/([a-z]+)"', reader.page.text))


ORDER: dict[str, Any] = {
    "title": "Leaflet", "order": "certified|automatic_quote", "source_language": "en", "target_languages": "de, fr",
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_the_whole_story_is_told_by_pages(office: Office, language: str) -> None:
    jane, pm = a_reader(office, "jane", language), a_reader(office, "pm", language)
    jane.open("/requests/new")
    word = ("brief.docx", docx("Four words are here"))
    send_files(jane, "/requests", {"files": [word], "reference_files": [("old.tmx", b"x")]}, **ORDER)
    path = jane.page.url.path
    assert "brief.docx" in jane.page.text
    assert {"en": "€1.52", "fr": "1,52\xa0€", "de": "1,52\xa0€"}[language] in jane.page.text
    assert actions(jane) == {"accept", "decline"}
    jane.submit(f"{path}/accept")
    pm.open(path)
    assert actions(pm) == {"progress", "deliver"}
    assert pm.submit(f"{path}/progress", progress="60")
    assert 'value="60"' in pm.page.text
    send_files(pm, f"{path}/deliver", {"files_de": [("Brief.docx", docx("Vier"))], "files_fr": [("lettre.docx", b"x")]})
    assert actions(pm) == set()
    jane.open(path)
    archive = zipfile.ZipFile(io.BytesIO(jane.get(f"{path}/files.zip?kind=delivery").content))
    assert sorted(archive.namelist()) == ["delivery/de/Brief.docx", "delivery/fr/lettre.docx"]
    assert "Leaflet" in jane.open("/requests?state=delivered")
    assert "plot-months" in jane.open("/statistics")
    assert jane.get("/statistics.csv").text.lstrip("\ufeff").startswith(("by,key,name", "by;key;name"))


def test_a_form_keeps_what_was_typed_and_what_was_uploaded(office: Office) -> None:
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    wrong = {**ORDER, "deadline": "2020-01-01T10:00", "comment": "Line one\r\nline two <b>"}
    text = send_files(jane, "/requests", {"files": [("a.txt", b"Two words")]}, 422, **wrong)
    assert "The deadline is in the past." in text
    assert 'value="Leaflet"' in text
    assert 'value="certified|automatic_quote" selected' in text
    assert "line two &lt;b&gt;" in text
    assert "a.txt" in text
    text = send_files(jane, "/requests", {}, deadline="2026-12-24T10:00")
    row = office.admin.items("/requests")[0]
    assert (row["words"], row["deadline"], row["comment"]) == (2, "2026-12-24T10:00:00Z", "Line one\nline two <b>")
    assert "line two &lt;b&gt;" in text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"title": ""}, "Please fill this in."),
        ({"title": "x" * 300}, "This is too long."),
        ({"order": ""}, "Service: Please choose one."),
        ({"order": "internal|pm_quote_manual"}, "This service cannot be ordered this way."),
        ({"order": "certified|nothing"}, "Service: Please choose one."),
        ({"target_languages": "en"}, "Target languages: English is the source language"),
        ({"target_languages": "!!"}, "Target languages: “!!” is not a language"),
    ],
)
def test_what_is_wrong_stands_at_its_field(office: Office, changed: dict[str, str], said: str) -> None:
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    text = send_files(jane, "/requests", {"files": [("a.txt", b"x")]}, 422, **{**ORDER, **changed})
    assert said in text
    assert office.admin.items("/requests") == []


def test_buttons_are_what_this_person_may_do_now(office: Office) -> None:
    id = office.quoted("jane")
    expected = {
        "jane": {"accept", "decline"}, "olga": set(), "mara": {"accept", "decline", "reassign"}, "pm": {"cancel"},
        "ada": {"cancel", "reassign"},
    }  # fmt: skip
    for name, events in expected.items():
        reader = a_reader(office, name)
        reader.open(f"/requests/{id}")
        assert actions(reader) == events, name
    for name in ("tom", "jane_beta", "mara_beta", "pm_else"):
        a_reader(office, name).open(f"/requests/{id}", 404)


def test_a_project_manager_quotes_with_her_own_words_and_cost(office: Office) -> None:
    id = office.send(office.jane, upload(office.jane, "a.dwg")["id"])["id"]
    pm = a_reader(office, "pm", "de")
    pm.open(f"/requests/{id}")
    assert "diese Art zählt ein Projektmanager" in pm.page.text
    assert "Gewichtete Wörter: Eine ganze Zahl" in pm.submit(f"/requests/{id}/approve", 422, words="")
    assert "Gewichtete Wörter: Eine ganze Zahl" in pm.submit(f"/requests/{id}/approve", 422, words="viele")
    text = pm.submit(f"/requests/{id}/approve", words="1200", cost="99,5", currency="eur")
    assert "Das Angebot wurde gesendet." in text
    assert "99,50\xa0€" in text
    assert "1.200" in text


def test_a_request_is_offered_again_for_what_its_page_says(office: Office) -> None:
    by_hand, by_price = office.quoted(cost="99.90"), office.quoted()
    pm = a_reader(office, "pm")
    for id, shown in ((by_hand, "99,90"), (by_price, "")):
        pm.open(f"/requests/{id}")
        pm.submit(f"/requests/{id}/cancel", reason="a mistake")
        assert pm.form_to(f"/requests/{id}/revive").values["cost"] == [shown]
    pm.open(f"/requests/{by_hand}")
    pm.submit(f"/requests/{by_hand}/revive", cost="")
    priced = office.admin.row(f"/requests/{by_price}")["cost"]
    assert office.admin.row(f"/requests/{by_hand}")["cost"] == priced
    pm.open(f"/requests/{by_price}")
    pm.submit(f"/requests/{by_price}/revive", words="20", cost="1")
    assert office.admin.row(f"/requests/{by_price}")["cost"] == "1.00"


def test_a_project_manager_reads_who_rejected_the_quote_and_why(office: Office) -> None:
    id = office.quoted()
    mara = a_reader(office, "mara")
    mara.open(f"/requests/{id}")
    mara.submit(f"/requests/{id}/decline", reason="too dear.")
    (to_pm, to_owner) = sorted(office.mails_of("cancelled"), key=lambda mail: mail["to"])
    assert to_pm["subject"].startswith("Angebot abgelehnt: ")
    assert "Manager 3 (Acme) hat das Angebot für „" in to_pm["text"]
    assert "Grund: too dear.\n" in to_pm["text"]
    assert to_owner["to"] == "requester-0@acme.example"
    number = office.admin.row(f"/requests/{id}")["number"]
    assert to_owner["subject"] == f"Request cancelled: Leaflet (#{number})"


def test_a_no_needs_a_reason_and_a_stale_page_says_so(office: Office) -> None:
    id = office.quoted()
    jane, mara = a_reader(office, "jane"), a_reader(office, "mara")
    jane.open(f"/requests/{id}")
    mara.open(f"/requests/{id}")
    assert "Please fill this in." in mara.submit(f"/requests/{id}/decline", 422, reason=" ")
    mara.submit(f"/requests/{id}/decline", reason="too dear")
    assert "Someone else changed this in the meantime." in jane.submit(f"/requests/{id}/accept", 412)


def test_a_manager_hands_a_request_over_from_its_page(office: Office) -> None:
    id = office.quoted()
    mara = a_reader(office, "mara")
    mara.open(f"/requests/{id}")
    mara.submit(f"/requests/{id}/reassign", heir=office.ids["tom"])
    assert office.admin.row(f"/requests/{id}")["owner"] == office.ids["tom"]


def story(reader: Reader) -> list[str]:
    """The history on the page, entry by entry without its time."""
    entries = re.findall(r"<br>(.+?)</li>", reader.page.text)
    return [re.sub(r"<[^>]+>", "", entry) for entry in entries]


def test_a_page_tells_from_whom_to_whom_work_moved_and_by_whom(office: Office) -> None:
    id = office.quoted("jane")
    mara = a_reader(office, "mara")
    mara.open(f"/requests/{id}")
    mara.submit(f"/requests/{id}/reassign", heir=office.ids["tom"])
    tom = office.admin.row(f"/contacts/{office.ids['tom']}")
    gone = office.admin.act(f"/contacts/{tom['id']}/offboard", tom, work_to=office.ids["mara"])
    mara.open(f"/requests/{id}")
    assert story(mara) == [
        "Sent (Requester 0)", "Quote sent (Pm)", "Reassigned from Requester 0 to Requester 1 (Manager 3)",
        "Reassigned with all open work from Requester 1 to Manager 3 (the admin token)",
    ]  # fmt: skip
    erased = office.admin.act(f"/contacts/{tom['id']}/erase", gone)["name"]
    mara.open(f"/requests/{id}")
    assert story(mara)[2:] == [
        f"Reassigned from Requester 0 to {erased} (Manager 3)",
        f"Reassigned with all open work from {erased} to Manager 3 (the admin token)",
    ]


def test_a_delivery_without_a_file_is_asked_for_one(office: Office) -> None:
    id = office.quoted()
    office.do(office.jane, "accept", id)
    pm = a_reader(office, "pm")
    pm.open(f"/requests/{id}")
    assert "Auf Deutsch ist keine Datei da." in send_files(pm, f"/requests/{id}/deliver", {}, 422)


def test_lists_filter_and_go_on_by_pages(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        office.send(office.jane if number % 2 else office.tom, title=f"Sheet {number}")
    monkeypatch.setattr("reconciler.portal.pages.queries.requests.PAGE_SIZE", 2)
    mara = a_reader(office, "mara")
    found, path = [], "/requests"
    while path:
        text = mara.open(path)
        found += re.findall(r"Sheet \d", text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        path = following[1].replace("&amp;", "&") if following else ""
    assert sorted(found) == [f"Sheet {number}" for number in range(5)]
    hers = mara.open(f"/requests?owner={office.ids['tom']}&state=quote_pending")
    assert set(re.findall(r"Sheet \d", hers)) <= {"Sheet 0", "Sheet 2", "Sheet 4"}
    a_reader(office, "jane").open(f"/requests?owner={office.ids['tom']}", 403)
    assert "Sheet" not in a_reader(office, "mara_beta").open("/requests")
    mara.open("/requests?after=forged", 400)


def test_a_form_from_elsewhere_brings_no_file(office: Office, store: Store) -> None:
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    send_files(jane, "/requests", {"files": [("a.txt", b"x" * 500_000)]}, 403, **{**ORDER, "mark": "0" * 64})
    jane.open("/requests/new")
    jane.headers["Origin"] = "https://elsewhere.example"
    send_files(jane, "/requests", {"files": [("a.txt", b"x")]}, 403, **ORDER)
    assert [path.name for path in store.vault.folder.glob("*")] == []


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"title=x", 415),
        ("multipart/form-data", b"", 415),
        ("multipart/form-data; boundary=x", b"", 400),
        ("multipart/form-data; boundary=x", b"nonsense", 400),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1', 400),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Type: text/plain\r\n\r\n1\r\n--x--\r\n", 400),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n', 400),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"1" * 300_000, 413),
    ],
)  # fmt: skip
def test_a_body_that_is_no_form_is_refused(office: Office, kind: str, body: bytes, status: int) -> None:
    jane = a_reader(office, "jane")
    assert jane.post("/requests", content=body, headers={"Content-Type": kind}).status_code == status


def test_a_form_of_very_many_parts_is_not_read_to_its_end(office: Office, store: Store) -> None:
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    known = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{values[0]}\r\n'
        for name, values in jane.form_to("/requests").values.items()
    )
    tried = {'name="a"': 400, 'name="files"; filename="a.txt"': 400, 'name="files"; filename=""': 400}
    for part, status in tried.items():
        body = known + f"--x\r\nContent-Disposition: form-data; {part}\r\n\r\n\r\n" * 2000 + "--x--\r\n"
        answer = jane.post("/requests", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
        assert answer.status_code == status, part
    assert [path.name for path in store.vault.folder.glob("*")] == []


@pytest.mark.parametrize("reason", ["a\x1b[2Jb", "a\u202ec", "a\u2066b", "a\u2028b"])
def test_a_reason_is_judged_on_pages_as_by_the_api(office: Office, reason: str) -> None:
    id = office.send(office.jane)["id"]
    pm = a_reader(office, "pm")
    pm.open(f"/requests/{id}")
    assert '<details class="card" open>' in pm.submit(f"/requests/{id}/reject", 422, reason=reason)
    office.do(office.pm, "reject", id, 422, reason=reason)
    assert office.mails_of("cancelled") == []
    pm.open(f"/requests/{id}")
    pm.submit(f"/requests/{id}/reject", reason="two\nlines")
    assert office.admin.row(f"/requests/{id}")["reason"] == "two\nlines"


def test_names_from_people_are_text_on_every_page(office: Office) -> None:
    hostile = '"><script>alert(1)</script>'
    jane = a_reader(office, "jane")
    jane.open("/requests/new")
    file = ("<img src=x onerror=alert(1)>.txt", b"Two words")
    send_files(jane, "/requests", {"files": [file]}, **{**ORDER, "title": hostile, "comment": hostile})
    for path in (jane.page.url.path, "/requests", "/statistics"):
        text = jane.open(path)
        assert "<script>alert" not in text
        assert "<img src=x" not in text
