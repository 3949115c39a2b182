"""What others typed is no link in any mail, and names of strangers hold none."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from reconciler.portal.actions.schemas import has_web_address
from reconciler.portal.i18n.catalogs import LANGUAGES, plural_sentence
from reconciler.portal.i18n.source import SOURCE
from reconciler.portal.mail.inert import BREAK, SIGNS, inert
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.mail.rendering import LinkedRequest, render_mail

PORTAL = "https://portal.example"
OURS = {
    "address": f"{PORTAL}/login", "contact": "lee@provider.example", "count": "2", "hours": "24", "minutes": "10",
    "link": f"{PORTAL}/x", "role": "requester", "until": "2026-12-01", "number": "482193", "words": "7", "cost": "",
    "deadline": "2026-12-20T10:00:00Z", "requested_deadline": "2026-12-02T10:00:00Z",
}  # fmt: skip
OTHERS = ("customer", "from_name", "name", "portal", "reason", "title", "who")
"""The slots of every sentence that hold what somebody typed."""
LINKS = (
    "Rita, open evil.example/login", "evil.example", "EVIL.EXAMPLE", "evil\u3002example", "evil\uff0eexample", "evil\uff61example",
    "evil\u2024example", "evil\u200b.\u200bexample", "evil\u2060.example", "www.evil.example", "http://evil.example/?a=b",
    "https:evil.example", "mailto:rita@evil.example", "rita@evil.example", "rita\uff20evil.example", "javascript:alert(1)",
    "192.0.2.1/login", "[2001:db8::1]", "evil.example:8080", "\u0435vil.\u0440\u0444", "<a href='http://evil.example'>x</a>",
    "&#104;ttp://evil&period;example", "evil&#46;example", "a.b.c.d.example", "..evil..example..", "tel:+442079460000",
)  # fmt: skip
_TOUCHED = re.compile(rf"[^\s{BREAK}][{re.escape(SIGNS)}][^\s{BREAK}]")
"""What every linkifier needs: a dot, colon or at sign between two characters that are seen."""


def recognised(text: str) -> list[str]:
    """The parts of a text, without the portal's own addresses, that a mail program could make a link of."""
    for own in sorted((OURS["address"], OURS["link"], OURS["contact"], f"{PORTAL}/requests/1"), key=len, reverse=True):
        text = text.replace(own, "")
    return _TOUCHED.findall(text)


class Read(HTMLParser):
    """What an HTML mail shows, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.text = ""
        self.feed(re.sub("<style>.*</style>", "", html))

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links |= {str(value) for name, value in attrs if name in {"href", "src"}}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("slot", [*OTHERS, "listed"])
@pytest.mark.parametrize("wording", Wording)
def test_no_slot_of_any_mail_holds_a_link_of_others(wording: Wording, slot: str) -> None:
    for language in LANGUAGES:
        for typed in LINKS:
            facts = {**OURS, **dict.fromkeys(OTHERS, "Rita"), **({slot: typed} if slot in OTHERS else {})}
            listed = [LinkedRequest(typed if slot == "listed" else "Leaflet", 482193, f"{PORTAL}/requests/1")]
            written = render_mail(wording, language, facts, listed)
            html = Read(written.html)
            assert [recognised(text) for text in (written.subject, written.text, html.text)] == [[], [], []], typed
            assert html.links <= {OURS["link"], f"{PORTAL}/requests/1"}


def test_every_slot_of_every_sentence_is_tested() -> None:
    mails = [key for key in SOURCE if key.startswith("mail.")]
    texts = [plural_sentence(language, key, 2) for language in LANGUAGES for key in mails]
    slots = {name for text in texts for name in re.findall(r"{(\w+)}", text)}
    assert slots - OURS.keys() - {"what"} == {*OTHERS}


@pytest.mark.parametrize("typed", [*LINKS, "Dr. Smith", "J.R. Tolkien", "St.Pierre", "10:30", "Ende.", ".", ""])
def test_an_inert_text_looks_as_it_was_typed(typed: str) -> None:
    assert inert(typed).replace(BREAK, "") == typed


def test_what_stands_beside_a_space_stays_as_it_is() -> None:
    assert inert("Dr. Smith: yes.") == "Dr. Smith: yes."
    assert inert("St.Pierre") == f"St{BREAK}.{BREAK}Pierre"


@pytest.mark.parametrize(
    "name",
    [
        "Dr. Smith", "Dr.Smith", "J.R. Tolkien", "J.R.R. Tolkien", "St.Pierre", "Jean-Luc St.Pierre", "Anna Müller, M.Sc.",
        "Ph.D. Kim", "O'Neil Jr.", "Acme Co.Ltd", "د.أحمد", "王小明", "Zoë (A.-L.)",
    ],
)  # fmt: skip
def test_names_with_dots_are_names(name: str) -> None:
    assert not has_web_address(name)


@pytest.mark.parametrize(
    "name",
    [
        "Rita, open evil.example/login", "evil.example", "evil\u3002example", "evil\uff0eexample", "evil\uff61example",
        "evil\u200b.\u200bexample", "EVIL.EXAMPLE/login", "evil.Example:8080", "a.Evil.example", "www.evil",
        "http://evil", "rita@evil", "rita\uff20evil", "192.0.2.1", "evil.co.uk", "xn--a.example",
    ],
)  # fmt: skip
def test_names_with_addresses_are_none(name: str) -> None:
    assert has_web_address(name)
