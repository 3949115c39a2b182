"""What mails say: complete in every language, with dates, numbers and titles as their readers write them."""

from __future__ import annotations

import pytest

from reconciler.portal.i18n.catalogs import LANGUAGES
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.mail.rendering import LinkedRequest, render_mail

FACTS = {
    "portal": "Words & Co", "name": "Jane Doe", "customer": "Acme", "role": "requester", "contact": "lee@provider.example",
    "address": "https://portal.example/login", "link": "https://portal.example/x", "until": "2026-12-01", "count": "2",
    "from_name": "Tom Lang", "reason": "left", "who": "Mara", "title": "Leaflet", "number": "482193",
    "hours": "24", "minutes": "10", "words": "1234", "cost": "99.50", "currency": "EUR", "deadline": "2026-12-20T10:00:00Z",
    "requested_deadline": "2026-12-02T10:00:00Z",
}  # fmt: skip
LISTED = [
    LinkedRequest("Leaflet", 482193, "https://portal.example/requests/1"),
    LinkedRequest("Manual", 482194, "https://portal.example/requests/2"),
]


ENGLISH_QUOTE = (
    "The quote for “Leaflet” is ready:\n\nPrice: €99.50\nWeighted words: 1,234\n"
    "Delivery by 20 December 2026; you asked for 2 December 2026\n\nYou can accept it until 1 December 2026:"
)
FRENCH_QUOTE = (
    "Le devis pour «\u00a0Leaflet\u00a0» est prêt\u00a0:\n\nPrix\u00a0: 99,50\u00a0€\nMots pondérés\u00a0: 1\u202f234\n"
    "Livraison au plus tard le 20 décembre 2026\u202f; vous aviez demandé le 2 décembre 2026\n\n"
    "Vous pouvez l’accepter jusqu’au 1er décembre 2026\u00a0:"
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wording", Wording)
def test_every_wording_is_written_in_every_language(wording: Wording, language: str) -> None:
    for contact in ("lee@provider.example", ""):
        written = render_mail(wording, language, {**FACTS, "contact": contact}, LISTED)
        assert "{" not in written.subject + written.text
        assert "2026-12-01" not in written.text
        assert written.text.count("Words & Co") == 1, "it is signed, and calls nobody by the portal's name"


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("en", "an open request of Tom Lang", "2 open requests of Tom Lang"),
        ("fr", "une demande en cours de Tom Lang", "2 demandes en cours de Tom Lang"),
        ("de", "eine offene Anfrage von Tom Lang", "2 offene Anfragen von Tom Lang"),
    ],
)
def test_one_request_is_one_and_each_has_its_link(language: str, one: str, many: str) -> None:
    assert one in render_mail(Wording.WORK_RECEIVED, language, {**FACTS, "count": "1"}, LISTED[:1]).text
    written = render_mail(Wording.WORK_RECEIVED, language, FACTS, LISTED)
    assert many in written.text
    assert (
        "\n\nLeaflet (#482193)\nhttps://portal.example/requests/1\n\nManual (#482194)\nhttps://portal.example/requests/2\n\n"
        in written.text
    )
    assert written.html.count('<a href="https://portal.example/requests/') == 2


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ENGLISH_QUOTE),
        ("fr", FRENCH_QUOTE),
        ("fr-CH", FRENCH_QUOTE),
        (
            "de",
            (
                "das Angebot für „Leaflet“ liegt vor:\n\nPreis: 99,50\u00a0€\nGewichtete Wörter: 1.234\n"
                "Lieferung bis 20. Dezember 2026; gewünscht hatten Sie 2. Dezember 2026\n\n"
                "Sie können es bis 1. Dezember 2026 annehmen:"
            ),
        ),
        ("hu", ENGLISH_QUOTE),
    ],
)
def test_a_quote_carries_its_terms_as_the_reader_writes_them(language: str, told: str) -> None:
    assert told in render_mail(Wording.QUOTED, language, FACTS).text


def test_a_quote_names_no_terms_that_it_does_not_have() -> None:
    written = render_mail(Wording.QUOTED, "en", {**FACTS, "cost": "", "requested_deadline": ""})
    assert "ready:\n\nWeighted words: 1,234\nDelivery by 20 December 2026\n\nYou can" in written.text
    assert written.subject == "Your quote is ready: Leaflet (#482193)"


def test_without_an_address_to_write_to_a_mail_names_somebody_to_ask() -> None:
    assert "Questions? Write to lee@provider.example." in render_mail(Wording.QUOTED, "en", FACTS).text
    assert (
        "Questions? Ask your contact at our company."
        in render_mail(Wording.QUOTED, "en", {**FACTS, "contact": ""}).text
    )


@pytest.mark.parametrize(
    ("language", "lang", "direction"), [("ar", "ar", "rtl"), ("es-MX", "es", "ltr"), ("hu", "en", "ltr")]
)
def test_a_mail_says_its_language_and_its_direction(language: str, lang: str, direction: str) -> None:
    assert f'<html lang="{lang}" dir="{direction}">' in render_mail(Wording.QUOTED, language, FACTS).html


@pytest.mark.parametrize(
    ("count", "subject"),
    [
        (1, "أُسند إليك طلب"), (2, "أُسند إليك طلبان"), (3, "أُسندت إليك 3 طلبات"), (11, "أُسند إليك 11 طلبًا"),
        (100, "أُسند إليك 100 طلب"),
    ],
)  # fmt: skip
def test_arabic_counts_in_six_forms(count: int, subject: str) -> None:
    assert render_mail(Wording.WORK_RECEIVED, "ar", {**FACTS, "count": str(count)}, LISTED).subject == subject
