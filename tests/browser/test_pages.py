"""Every other page in a browser: in each language, by keyboard alone, on a narrow screen, without script."""

from __future__ import annotations

from typing import Any, cast

import pytest
from playwright.sync_api import Browser, expect

from reconciler.portal.i18n.catalogs import LANGUAGES, direction
from tests.browser.conftest import DEMO_PASSWORD, Eyes, Site

ADA, ANNA = "ada.quist@provider.example", "anna.schmidt@acme.example"
ADMINISTRATION = (
    "/admin/contacts", "/admin/contacts/new", "/admin/customers", "/admin/customers/new", "/admin/services",
    "/admin/services/new", "/admin/staff", "/admin/staff/new", "/admin/settings", "/admin/outbox", "/admin/history",
    "/admin/usage", "/requests", "/statistics", "/account",
)  # fmt: skip
WALKED = frozenset({"en", "fr", "de"})
"""The languages in which every page is looked at; of the others, some pages are."""
ANYBODY = ("/login", "/sign-up", "/sign-up/sent", "/reset", "/reset/sent", "/nowhere", "/activate/none")


def log_in(eyes: Eyes, email: str) -> None:
    eyes.page.goto("/login")
    eyes.fill(email=email, password=DEMO_PASSWORD)
    with eyes.page.expect_navigation():
        eyes.page.locator("main form button").first.click()


def speak(eyes: Eyes) -> None:
    """Switch to the language in which the pages are to be seen."""
    with eyes.page.expect_navigation():
        eyes.page.locator(f".languages button[value={eyes.language}]").click()


def name_of(path: str) -> str:
    return path.strip("/").replace("/", "-")


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_every_page_is_fit_for_everybody(browser: Browser, demo_site: Site, language: str) -> None:
    anybody = Eyes(browser, demo_site.url, language, "anybody", quiet=False)
    for path in ANYBODY:
        anybody.open(path, name_of(path))
    ada = Eyes(browser, demo_site.url, language, "ada")
    log_in(ada, ADA)
    speak(ada)
    for path in ADMINISTRATION:
        ada.open(path, name_of(path))
    for listed in ("contacts", "customers", "services", "staff", "outbox"):
        ada.page.goto(f"/admin/{listed}")
        ada.press("main table tbody a", f"one-of-{listed}")
    ada.page.goto("/requests")
    ada.press("main table tbody a", "one-of-requests")
    anna = Eyes(browser, demo_site.url, language, "manager")
    log_in(anna, ANNA)
    speak(anna)
    for path in ("/team", "/team?removed=true", "/requests", "/requests/new", "/statistics", "/account"):
        anna.open(path, name_of(path.partition("?")[0]))


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - WALKED))
def test_the_main_pages_are_fit_in_every_other_language(browser: Browser, demo_site: Site, language: str) -> None:
    eyes = Eyes(browser, demo_site.url, language, "short", quiet=False)
    eyes.open("/login", "login")
    log_in(eyes, ADA)
    speak(eyes)
    for path in ("/admin/settings", "/admin/history"):
        eyes.open(path, name_of(path))
    manager = Eyes(browser, demo_site.url, language, "short-manager")
    log_in(manager, ANNA)
    speak(manager)
    for path in ("/requests", "/statistics", "/team"):
        manager.open(path, name_of(path))
        manager.page.set_viewport_size({"width": 320, "height": 640})
        wide = manager.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, f"{path} is {wide} wide"
        manager.page.set_viewport_size({"width": 1280, "height": 900})
    manager.page.goto("/requests")
    manager.press("main table tbody a", "one-of-requests")
    assert manager.page.locator("html").get_attribute("dir") == direction(language)


def test_a_page_in_arabic_reads_from_right_to_left(browser: Browser, demo_site: Site) -> None:
    eyes = Eyes(browser, demo_site.url, "ar", "mirrored")
    log_in(eyes, ANNA)
    speak(eyes)
    eyes.page.goto("/statistics")
    menu, main = (eyes.page.locator(part).bounding_box() for part in (".menu", "main"))
    assert menu is not None
    assert main is not None
    assert menu["x"] > main["x"], "the menu stands on the right"
    track, bar = (eyes.page.locator(f".bars.named .{part}").nth(1).bounding_box() for part in ("track", "bar"))
    assert track is not None
    assert bar is not None
    assert bar["width"] < track["width"]
    assert round(bar["x"] + bar["width"]) == round(track["x"] + track["width"]), "a bar grows from the right"
    scale = eyes.page.locator(".upright .scale").first.bounding_box()
    column = eyes.page.locator(".upright .bar").first.bounding_box()
    assert scale is not None
    assert column is not None
    assert scale["x"] < column["x"], "time runs from left to right"


def test_a_person_works_by_keyboard_alone(browser: Browser, demo_site: Site) -> None:
    eyes = Eyes(browser, demo_site.url, "en", "keyboard")
    page = eyes.page
    page.goto("/login")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("[name=email]")).to_be_focused()
    page.keyboard.type(ADA)
    page.keyboard.press("Tab")
    page.keyboard.type(DEMO_PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto("/admin/services/new")
    page.locator("[name=code]").focus()
    page.keyboard.type("subtitles")
    page.keyboard.press("Tab")
    page.keyboard.type("Subtitles")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Subtitles")


def test_a_list_is_narrowed_down_while_one_types(browser: Browser, demo_site: Site) -> None:
    eyes = Eyes(browser, demo_site.url, "en", "narrowed")
    log_in(eyes, ADA)
    eyes.page.goto("/admin/contacts")
    eyes.page.locator("#q").press_sequentially("hiroshi")
    expect(eyes.page.locator("#people tbody tr")).to_have_count(0)
    eyes.page.locator("#q").fill("h.kimura")
    expect(eyes.page.locator("#people tbody tr")).to_have_count(1)
    assert "q=h.kimura" in eyes.page.url
    assert eyes.complaints == []


def test_pages_fit_a_narrow_screen(browser: Browser, demo_site: Site) -> None:
    eyes = Eyes(browser, demo_site.url, "en", "narrow", quiet=False)
    log_in(eyes, ADA)
    eyes.page.set_viewport_size({"width": 320, "height": 640})
    for path in (*ADMINISTRATION, "/nowhere"):
        eyes.page.goto(path)
        wide = eyes.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, f"{path} is {wide} wide"
    eyes.look("nowhere")


def test_pages_work_without_script(browser: Browser, demo_site: Site) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=demo_site.url, locale="en-GB")
    page = context.new_page()
    page.goto("/login")
    page.locator("[name=email]").fill(ADA)
    page.locator("[name=password]").fill(DEMO_PASSWORD)
    page.locator("main form button").first.click()
    page.goto("/admin/contacts")
    page.locator("#q").fill("h.kimura")
    page.locator("form.filters button").click()
    assert page.locator("#people tbody tr").count() == 1


def test_one_choice_alone_narrows_requests_and_statistics_with_and_without_script(
    browser: Browser, demo_site: Site
) -> None:
    eyes = Eyes(browser, demo_site.url, "en", "one-choice")
    log_in(eyes, ANNA)
    page = eyes.page
    page.goto("/requests")
    page.locator("[name=state]").select_option("cancelled")
    expect(page.locator("#requests tbody .badge.cancelled").first).to_be_visible()
    expect(page.locator("#requests tbody .badge:not(.cancelled)")).to_have_count(0)
    page.goto("/statistics")
    page.locator("[name=contact]").select_option(index=1)
    page.wait_for_url("**contact=con_*")
    plain = browser.new_context(base_url=demo_site.url, java_script_enabled=False).new_page()
    plain.context.add_cookies(cast("Any", eyes.context.cookies()))
    plain.goto("/requests")
    plain.locator("[name=state]").select_option("cancelled")
    with plain.expect_navigation():
        plain.locator(".filters button").click()
    assert "state=cancelled" in plain.url
    expect(plain.locator("#requests tbody .badge:not(.cancelled)")).to_have_count(0)
