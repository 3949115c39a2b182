"""What only a browser can tell of refused forms: where reading goes on, and where the links lead."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Eyes, Site
from tests.browser.test_pages import ADA, ANNA, log_in, speak

LET_ME = "document.querySelectorAll('form').forEach(form => { form.noValidate = true })"
"""As a browser that does not judge forms itself."""


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_reading_goes_on_at_what_is_wrong_and_from_there_at_the_field(
    browser: Browser, demo_site: Site, language: str
) -> None:
    eyes = Eyes(browser, demo_site.url, language, "refused", quiet=False)
    page = eyes.page
    log_in(eyes, ANNA)
    speak(eyes)
    page.goto("/requests/new")
    page.evaluate(LET_ME)
    eyes.press("main form.card button", "new-request")
    expect(page.locator(".mistakes")).to_be_focused()
    for link in page.locator(".mistakes a").all():
        link.click()
        expect(page.locator(link.get_attribute("href") or "")).to_be_focused()
    page.goto("/team")
    page.locator("main table a", has_text="John Roe").click()
    page.locator("[name=role][value=observer]").check()
    eyes.press("main section form button", "no-heir")
    expect(page.locator(".mistakes")).to_contain_text("Leaflet Novafen 20 mg")
    expect(page.locator("[name=role][value=observer]")).to_be_checked()
    page.evaluate(LET_ME)
    page.locator("summary", has_text={"en": "Delete", "fr": "Supprimer", "de": "Löschen"}[language]).click()
    eyes.press('form[action$="/remove"] button', "no-heir-to-delete")
    page.locator(".mistakes a").first.click()
    expect(page.locator("#f-remove-heir")).to_be_focused()


def test_the_head_of_a_refused_page_needs_no_script(browser: Browser, demo_site: Site) -> None:
    page = browser.new_context(java_script_enabled=False, base_url=demo_site.url, locale="en-GB").new_page()
    page.goto("/login")
    page.locator("[name=email]").fill(ADA)
    page.locator("[name=password]").fill("Nonsense1")
    page.locator("main form button").first.click()
    assert page.title().startswith("Error: ")
    assert page.locator(".mistakes:focus").count() == 1


def test_choosing_narrows_what_may_be_chosen_next(browser: Browser, demo_site: Site) -> None:
    eyes = Eyes(browser, demo_site.url, "en", "choosing")
    page = eyes.page
    log_in(eyes, ADA)
    page.goto("/admin/contacts/new")
    expect(page.locator("[name=services][value=certified]")).to_have_count(0)
    page.locator("[name=customer]").select_option(label="ACME Medical GmbH")
    expect(page.locator("[name=services][value=certified]")).to_have_count(1)
    assert eyes.complaints == []
