"""The whole story, in a browser, in each language: from signing up to a portal edit that the reconciler shows."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Eyes, Site
from tests.browser.documents import word_document

JANE, ANNA = "jane.doe@acme.example", "anna.schmidt@acme.example"
PASSWORD = "Riverbed-17-lanterns"
PORTAL = """\
schema_version: 1
owner: acme-translations
sign_up: approval_required
languages: {source: [en, de], target: [de, fr, no]}
branding: {primary_color: "#0a6b4f", logo: null}
services:
  standard:
    name: Standard translation
    template: tpl-standard
    workflows: [automatic_quote]
    price: {currency: EUR, per_word: "0.12"}
"""
CUSTOMER = """\
name: ACME Medical GmbH
language: LANGUAGE
project_managers: [lee.ward@provider.example]
services: [standard]
email_domains: [acme.example]
"""
MANAGER = "name: Anna Schmidt\nemail: anna.schmidt@acme.example\nrole: manager\n"


class Books:
    """The provider's files in git, and what the reconciler makes of them."""

    def __init__(self, site: Site, language: str) -> None:
        self.site, self.root = site, site.program.root
        for name in ("portal.yaml", "customers"):
            path = self.root / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.write("portal.yaml", PORTAL)
        self.write("customers/acme/customer.yaml", CUSTOMER.replace("LANGUAGE", language))
        self.write("customers/acme/contacts/anna-schmidt.yaml", MANAGER)
        site.program.git("init", "-q")
        token = site.run("portal", "token", "--database", site.database, "--scope", "apply").strip()
        site.program.environment |= {"RECONCILER_PORTAL_URL": site.url, "RECONCILER_PORTAL_TOKEN": token}

    def write(self, path: str, text: str) -> None:
        where: Path = self.root / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text, encoding="utf-8")

    def merge(self, message: str) -> str:
        """What apply says after the files were committed."""
        self.site.program.commit(message)
        return self.site.run("apply", "--yes")


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_from_signing_up_to_a_portal_edit(browser: Browser, site: Site, tmp_path: Path, language: str) -> None:
    books = Books(site, language)
    books.merge("the customer and its manager")
    lee = _project_manager(browser, site, language)
    jane = Eyes(browser, site.url, language, "jane")

    _sign_up(jane, site)
    _approve_by_a_file(books, site)
    _activate(jane, site.link(JANE, "activation"), JANE)
    _order(jane, tmp_path)
    jane.press('form[action$="/accept"] button', "accepted")
    _deliver(lee, tmp_path)
    _take_away(jane, site)

    anna = Eyes(browser, site.url, language, "anna")
    _activate(anna, site.link(ANNA, "activation"), ANNA)
    _demote(anna, site)
    drift = site.run("drift")
    assert "jane-doe" in drift
    assert "observer" in drift
    assert "Anna Schmidt" in drift
    plan = json.loads(site.run("plan", "--format", "json"))
    assert (plan["changes"], len(plan["portal_edits"])) == ([], 1)


def _project_manager(browser: Browser, site: Site, language: str) -> Eyes:
    link = site.run(
        "portal", "invite", "--database", site.database, "--name", "Lee Ward", "--email", "lee.ward@provider.example",
        "--kind", "project_manager", "--language", language, "--base-url", site.url,
    ).strip()  # fmt: skip
    lee = Eyes(browser, site.url, language, "lee")
    _activate(lee, link, "lee.ward@provider.example")
    return lee


def _activate(eyes: Eyes, link: str, email: str) -> None:
    eyes.open(link, "activate")
    eyes.fill(password=PASSWORD, repeat=PASSWORD)
    eyes.press("main form button", "activated")
    eyes.fill(email=email, password=PASSWORD)
    eyes.press("main form button", "at-home")


def _sign_up(jane: Eyes, site: Site) -> None:
    jane.open("/sign-up", "sign-up")
    assert "ACME" not in jane.page.content()
    jane.fill(name="Jane Doe", email=JANE)
    jane.press("main form button", "sign-up-sent")
    jane.open(site.link(JANE, "confirm"), "confirm")
    jane.press("main form button", "confirmed")


def _approve_by_a_file(books: Books, site: Site) -> None:
    row = site.one("/contacts", email=JANE)
    mark = row["registration"]
    books.write(
        "customers/acme/contacts/jane-doe.yaml",
        "name: Jane Doe\nemail: jane.doe@acme.example\nrole: requester\n"
        f'registration: {{id: {mark["id"]}, fingerprint: "{mark["fingerprint"]}"}}\n',
    )
    said = books.merge("Jane may order")
    assert "jane-doe" in said
    assert site.one("/contacts", email=JANE)["status"] == "invited"


def _order(jane: Eyes, tmp_path: Path) -> None:
    file = word_document(
        tmp_path / "Leaflet.docx", ["Take one tablet a day with water.", "Keep out of reach of children."]
    )
    jane.open("/requests/new", "new-request")
    jane.fill(title="Leaflet Novafen 20 mg")
    jane.page.locator("[name=order]").select_option("standard|automatic_quote")
    jane.page.locator("[name=source_language]").select_option("en")
    jane.page.locator("[name=target_languages][value=de]").check()
    jane.page.locator("[name=target_languages][value=no]").check()
    jane.page.locator("[name=files]").set_input_files(file)
    jane.press("main form.card button", "sent")
    jane.page.locator('form[action$="/accept"]').wait_for(timeout=60_000)  # the page learns when the words are counted
    jane.look("quote")
    text = jane.page.locator("main").inner_text()
    assert "13" in text  # seven and six words
    assert "3.12" in text or "3,12" in text  # 13 words, 0.12 EUR, two languages


def _deliver(lee: Eyes, tmp_path: Path) -> None:
    lee.open("/requests", "requests")
    lee.press("main table a", "request")
    lee.fill(progress="50")
    lee.press('form[action$="/progress"] button', "half-way")
    for tag, words in (
        ("de", "Nehmen Sie täglich eine Tablette mit Wasser."),
        ("no", "Ta en tablett daglig med vann."),
    ):
        file = word_document(tmp_path / f"Leaflet-{tag}.docx", [words])
        lee.page.locator(f"[name=files_{tag}]").set_input_files(file)
    lee.press('form[action$="/deliver"] button', "delivered")


def _take_away(jane: Eyes, site: Site) -> None:
    jane.page.goto(site.link(JANE, "delivered"))
    jane.look("delivered")
    with jane.page.expect_download() as one:
        jane.page.locator('a[href*="/files/"]', has_text="Leaflet-de").first.click()
    assert one.value.suggested_filename == "Leaflet-de.docx"
    with jane.page.expect_download() as everything:
        jane.page.locator('a[href*="files.zip"]').first.click()
    with zipfile.ZipFile(everything.value.path()) as archive:
        assert {"Leaflet-de.docx", "Leaflet-no.docx"} <= {name.rpartition("/")[2] for name in archive.namelist()}
    jane.open("/statistics", "statistics")
    assert jane.page.locator("svg[role=img]").count() >= 1
    with jane.page.expect_download() as table:
        jane.page.locator('a[href*="statistics.csv"]').first.click()
    assert table.value.suggested_filename.endswith(".csv")
    jane.open("/account", "account")


def _demote(anna: Eyes, site: Site) -> None:
    anna.open("/team", "team")
    anna.press("main table a >> text=Jane Doe", "colleague")
    anna.page.locator("[name=role][value=observer]").check()
    anna.press("main section form button", "demoted")
    assert site.one("/contacts", email=JANE)["role"] == "observer"
