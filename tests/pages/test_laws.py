"""What holds for every page and every sentence, read from the files themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import reconciler.portal.pages
from reconciler.portal.i18n.catalogs import is_key, plural_sentence, sentence
from reconciler.portal.i18n.source import SOURCE
from reconciler.portal.pages.brand_colours import BLACK, WHITE, brand_css, contrast
from reconciler.portal.pages.languages import chosen_language
from reconciler.portal.pages.rendering import translator
from reconciler.portal.rules.problems import STATUS

PAGES = Path(reconciler.portal.pages.__file__).parent
TEMPLATES = sorted((PAGES / "templates").rglob("*.html"))
TEXTS = [
    path.read_text(encoding="utf-8")
    for path in (*TEMPLATES, *PAGES.rglob("*.py"), PAGES.parent / "i18n" / "portal_name.py")
]


def test_french_is_set_with_spaces_that_no_line_breaks_at() -> None:
    assert sentence("fr", "login.forgotten") == "Mot de passe oublié\u202f?"
    assert sentence("fr", "settings.name.hint").count("«\u00a0{name}\u00a0»") == 1
    spoken = {f"{key} {count}": plural_sentence("fr", key, count) for key in SOURCE for count in (1, 2)}
    assert [key for key, text in spoken.items() if re.search(r" [?!;:»]|« |[^\s/a-z][?!;:»]|\w[?!;]", text)] == []


def test_every_key_that_a_page_names_has_a_sentence() -> None:
    named = {key for text in TEXTS for key in re.findall(r'\bt\("([a-z_-]+\.[a-z_.-]*[a-z])"', text)}
    assert named
    assert sorted(key for key in named if not is_key(key)) == []


def test_every_sentence_is_said_somewhere() -> None:
    text = "\n".join(TEXTS)
    built = tuple(
        set(re.findall(r'"([a-z_]+\.(?:[a-z_]+\.)*)" ~', text))
        | {"problem.", "done.", "mistake.", "event.", "limit.", "password.", "history.did.", "history.the.", "next."}
    )
    unsaid = [
        key
        for key in SOURCE
        if not key.startswith((*built, "mail.")) and f'"{key}"' not in text and f"'{key}'" not in text
    ]
    assert unsaid == []


def test_every_sentence_of_a_mail_is_said_by_a_mail() -> None:
    lines = (PAGES.parent / "mail" / "rendering.py").read_text(encoding="utf-8")
    named = set(re.findall(r"[\"']([a-z_.]+)[\"']", lines))
    keys = [key.removeprefix("mail.").removesuffix(".nobody") for key in SOURCE if key.startswith("mail.")]
    unsaid = [key for key in keys if key not in named and not key.endswith(".subject")]
    assert [key for key in unsaid if not key.startswith(("role.", "reason."))] == []


def test_every_reason_to_say_no_has_a_sentence_or_the_general_one() -> None:
    told = {key.removeprefix("problem.") for key in SOURCE if key.startswith("problem.")}
    assert told - {"title", "unchanged", "trace", "other"} <= set(STATUS)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(PAGES).as_posix())
def test_a_template_has_nothing_inline_and_lets_nothing_through(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=|\son[a-z]+\s*=|<style|javascript:", text)
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup", text)


def test_a_browser_ticks_no_box_by_its_position() -> None:
    boxes = [box for text in TEXTS for box in re.findall(r'<input type="checkbox".*?>', text)]
    assert len(boxes) >= 12
    assert [box for box in boxes if 'autocomplete="off"' not in box] == []


def test_a_logo_that_does_not_load_can_be_read() -> None:
    styles = (PAGES / "static" / "portal.css").read_text(encoding="utf-8")
    (logo,) = re.findall(r"\.top \.brand img \{([^}]+)\}", styles)
    assert "color: var(--text)" in logo
    assert "background: #fff" in logo


@pytest.mark.parametrize(
    "colour", ["#0b5fff", "#ffe100", "#ffffff", "#000000", "#7f7f7f", "#00ff00", "#ff6a00", "#c0c0c0"]
)
def test_text_on_a_brand_can_be_read_whatever_its_colour(colour: str) -> None:
    found = re.findall(r"#([0-9a-f]{6})", brand_css(colour))
    brand, on_it, ink = ((int(each[0:2], 16), int(each[2:4], 16), int(each[4:6], 16)) for each in found)
    assert contrast(brand, on_it) >= 4.5
    assert contrast(ink, WHITE) >= 4.5
    assert contrast(WHITE, BLACK) > 15


def test_what_is_told_in_colour_can_be_read_and_links_in_it_take_its_colour() -> None:
    styles = (PAGES / "static" / "portal.css").read_text(encoding="utf-8")
    found = {name: (int(r, 16), int(g, 16), int(b, 16))
             for name, r, g, b in re.findall(r"--([a-z-]+): #(\w\w)(\w\w)(\w\w)[;\s]", styles)}  # fmt: skip
    for text, ground in (("good", "good-wash"), ("warn", "warn-wash"), ("bad", "bad-wash"), ("muted", "wash")):
        assert contrast(found[text], found[ground]) >= 4.5, text
    assert ".mistakes a, .warning a, .done a { color: inherit; }" in styles


@pytest.mark.parametrize(
    ("wished", "accepted", "chosen"),
    [
        ("de", "fr", "de"), (None, "fr-CH, fr;q=0.9, en;q=0.8", "fr"), (None, "hu, de;q=0.5, en;q=0.4", "de"),
        ("hu", "", "en"), (None, "*;q=bad, de", "de"), ("ar-EG", "", "ar"), (None, "es-MX, en;q=0.5", "es"), ("de-CH", "", "de"), (None, "", "en"), (None, ";;;,,,", "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_readers(wished: str | None, accepted: str, chosen: str) -> None:
    assert chosen_language(wished, accepted) == chosen


def test_styles_name_no_left_and_no_right() -> None:
    styles = (PAGES / "static" / "portal.css").read_text(encoding="utf-8")
    physical = r"(?:margin|padding|border|inset)-(?:left|right)|(?<![-\w])(?:left|right)\s*:|(?:align|float)\s*:\s*(?:left|right)"
    assert re.findall(physical, styles) == []


def test_arrows_and_commas_are_those_of_the_language() -> None:
    assert (translator("en").arrow, translator("ar").arrow) == ("→", "←")
    assert translator("en").language_names(["de", "fr"]) == "German, French"
    assert translator("ar").language_names(["de", "fr"]) == "الألمانية، الفرنسية"
    assert translator("en").language_names([]) == ""
