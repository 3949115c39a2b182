"""A request's page: what to do comes first, then whom to ask, then the rest; and a number that people can quote."""

from __future__ import annotations

import html
import re

import pytest

from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.pages.test_requests import a_reader
from tests.portal.office import Office, an_office, count_all, docx, upload


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


def in_english(office: Office, name: str) -> Reader:
    """Somebody of the provider, who reads the pages in English."""
    reader = a_reader(office, name)
    reader.cookies.set("portal_language", "en")
    return reader


def read(text: str) -> str:
    """The words of a page, one after the other."""
    inline = re.sub(r"</?(?:span|bdi|time|a|strong)\b[^>]*>", "", text)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", inline)).split())


def test_what_to_do_and_downloads_come_first_then_the_project_manager_then_the_rest(office: Office) -> None:
    text = a_reader(office, "jane").open(f"/requests/{office.delivered()}")
    order = [
        'id="quote"', "What happens next:", "files.zip?kind=delivery", 'id="files"', "Blatt.txt", "leaflet.txt",
        'id="managers"', "lee@provider.example", 'id="asked"', 'id="story"',
    ]  # fmt: skip
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert re.search(r'<bdi>Pm</bdi> <a href="mailto:lee@provider.example\?subject=%23\d{6}%20Leaflet">', text)


def test_a_number_is_on_page_and_list_and_finds_its_request(office: Office) -> None:
    id, other = office.quoted(), office.quoted("tom")
    number = office.admin.row(f"/requests/{id}")["number"]
    mara = a_reader(office, "mara")
    assert f"#{number}" in mara.open(f"/requests/{id}")
    assert f"#{number}" in mara.open("/requests")
    for typed in (str(number), f"%23{number}", f"{str(number)[:3]}%20{str(number)[3:]}"):
        text = mara.open(f"/requests?q={typed}")
        assert f"/requests/{id}" in text
        assert f"/requests/{other}" not in text
    assert f"/requests/{id}" in mara.open("/requests?q=LEAF")
    assert f"/requests/{id}" not in mara.open("/requests?q=%25")
    assert f"/requests/{id}" not in a_reader(office, "mara_beta").open(f"/requests?q={number}")
    assert f"(#{number})" in a_reader(office, "ada").open("/admin/history")


def test_a_moved_deadline_is_shown_as_moved_to_both_sides(office: Office) -> None:
    sent = office.send(office.jane, upload(office.jane)["id"], deadline="2026-12-01T12:00:00Z")
    jane, pm = a_reader(office, "jane"), in_english(office, "pm")
    assert "Delivery by 1 Dec 2026, 12:00 UTC" in read(jane.open(f"/requests/{sent['id']}"))
    assert "You asked for" not in jane.page.text
    pm.open(f"/requests/{sent['id']}")
    assert "The deadline is in the past." in pm.submit(
        f"/requests/{sent['id']}/approve", 422, deadline="2020-01-01T10:00"
    )
    pm.submit(f"/requests/{sent['id']}/approve", deadline="2026-12-20T10:00")
    assert "The customer asked for 1 Dec 2026, 12:00 UTC." in pm.page.text
    text = read(jane.open(f"/requests/{sent['id']}"))
    assert "Delivery by 20 Dec 2026, 10:00 UTC You asked for 1 Dec 2026, 12:00 UTC." in text
    assert "Quote sent – Delivery by: 20 Dec 2026, 10:00 UTC (Pm)" in text
    assert "20 Dec 2026 asked for: 1 Dec 2026" in read(jane.open("/requests"))


def test_the_history_tells_of_automatic_quotes_and_of_how_much_progress(office: Office) -> None:
    counted = office.send(office.jane, upload(office.jane)["id"], workflow="automatic_quote")["id"]
    jane, pm = a_reader(office, "jane"), in_english(office, "pm")
    assert "Sent; the portal made the quote (Requester 0)" in read(jane.open(f"/requests/{counted}"))
    begun = office.send(office.jane, upload(office.jane)["id"], workflow="automatic_project")["id"]
    assert "Sent; the project started (Requester 0)" in read(jane.open(f"/requests/{begun}"))
    file = ("files", ("brief.docx", docx("Four words are here")))
    jane.open("/requests/new")
    values = {**jane.form_to("/requests").values, "title": ["L"], "order": ["certified|automatic_quote"]}
    jane.page = jane.post(
        "/requests", data={**values, "source_language": ["en"], "target_languages": ["de"]}, files=[file]
    )
    count_all(office.admin.store)
    assert "Words counted; the portal made the quote" in read(jane.open(jane.page.url.path))
    office.do(office.jane, "accept", counted)
    pm.open(f"/requests/{counted}")
    pm.submit(f"/requests/{counted}/progress", progress="60")
    assert "Progress reported 60% (Pm)" in read(jane.open(f"/requests/{counted}"))


def test_lines_that_people_typed_stay_lines(office: Office) -> None:
    id = office.send(office.jane, comment="One line\nand another")["id"]
    text = a_reader(office, "jane").open(f"/requests/{id}")
    assert '<bdi class="typed">One line\nand another</bdi>' in text
