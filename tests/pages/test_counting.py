"""People see that words are being counted, and the page that shows it learns when they are."""

from __future__ import annotations

import re

import pytest

from reconciler.portal.actions.word_counts import count_next
from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.office import Office, an_office, count_all

SAID = {
    "en": ("quote being made", "The words of 2 files are being counted.", "The words of 1 file are being counted."),
    "fr": (
        "devis en préparation", "Les mots de 2 fichiers sont en cours de comptage.",
        "Les mots de 1 fichier sont en cours de comptage.",
    ),
    "de": (
        "Angebot in Arbeit", "Die Wörter von 2 Dateien werden gerade gezählt.",
        "Die Wörter von 1 Datei werden gerade gezählt.",
    ),
}  # fmt: skip
FILES = [("files", ("a.txt", b"Two words")), ("files", ("b.txt", b"Three more words"))]
ORDER = {
    "title": "Leaflet", "order": "certified|automatic_quote", "source_language": "en", "target_languages": "de, fr",
}  # fmt: skip


@pytest.fixture
def office(store: Store) -> Office:
    return an_office(store)


def sent(office: Office, language: str = "en", **fields: str) -> Reader:
    """Jane, who looks at what the portal answered to her request with two files."""
    jane = Reader.contact(office.admin.store, office.ids["jane"], language)
    jane.open("/requests/new")
    values = {**jane.form_to("/requests").values, **ORDER, **fields}
    jane.page = jane.post("/requests", data=values, files=FILES)
    return jane


def asks_again(reader: Reader) -> str | None:
    """Where the page looks for news of the count."""
    found = re.search(r'id="counting"[^>]* hx-get="([^"]+)"', reader.page.text)
    return found[1].replace("&amp;", "&") if found else None


@pytest.mark.parametrize("language", SAID)
def test_the_page_of_a_request_shows_how_far_the_count_is_and_then_the_quote(
    office: Office, store: Store, language: str
) -> None:
    state, two, one = SAID[language]
    jane = sent(office, language)
    path = jane.page.url.path
    assert (state in jane.page.text, two in jane.page.text) == (True, True)
    again = asks_again(jane)
    assert again == f"{path}?counting=2"
    assert jane.get(again).status_code == 204
    count_next(store)
    jane.page = jane.get(again)
    assert (one in jane.page.text, asks_again(jane)) == (True, f"{path}?counting=1")
    count_all(store)
    jane.page = jane.get(f"{path}?counting=1")
    assert asks_again(jane) is None
    assert f'action="{path}/accept"' in jane.page.text
    parts = re.findall(r'id="(state|terms|decline|files|story-so-far|counting)"', jane.page.text)
    assert sorted(parts) == ["counting", "decline", "files", "state", "story-so-far", "terms"]
    assert 'id="counting"' not in jane.open(path)


def test_a_form_that_is_not_taken_shows_how_far_the_count_of_its_files_is(office: Office, store: Store) -> None:
    jane = sent(office, title="")
    assert jane.page.status_code == 422
    assert jane.page.text.count("(Weighted words: being counted)") == 2
    again = asks_again(jane)
    assert again
    assert jane.get(again).status_code == 204
    count_all(store)
    jane.page = jane.get(again)
    assert asks_again(jane) is None
    words = re.findall(r'id="count-file_[0-9a-f]+">\((Weighted words: [^)]*)\)', jane.page.text)
    assert sorted(words) == ["Weighted words: 2", "Weighted words: 3"]


def test_nobody_sees_uploads_of_others_by_asking_for_their_count(office: Office) -> None:
    again = asks_again(sent(office, title=""))
    tom = Reader.contact(office.admin.store, office.ids["tom"])
    assert again
    assert "a.txt" not in tom.open(again)
