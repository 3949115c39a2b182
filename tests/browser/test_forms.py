"""What a script does for forms: files are stored when chosen, and typed text outlives whatever happens to its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import DEMO_PASSWORD, Eyes, Site
from tests.browser.test_pages import ANNA, log_in, speak

TITLE, COMMENT = "Leaflet Novafen", "First line\nsecond line"


@pytest.fixture
def anna(browser: Browser, demo_site: Site) -> Eyes:
    eyes = Eyes(browser, demo_site.url, "en", "forms", quiet=False)
    log_in(eyes, ANNA)
    speak(eyes)
    return eyes


def files(tmp_path: Path, *names: str) -> list[Path]:
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.write_text("Some words to translate")
    return paths


def begin(page: Page, tmp_path: Path) -> None:
    """Fill in the form of a new request, with two choices of files."""
    page.goto("/requests/new")
    page.locator("[name=title]").fill(TITLE)
    page.locator("[name=comment]").fill(COMMENT)
    page.locator("[name=order]").select_option(index=1)
    page.locator("[name=source_language]").select_option("en")
    page.locator("[name=target_languages][value=fr]").check()
    for path in files(tmp_path, "a.txt", "b.txt"):
        page.locator("[name=files]").set_input_files(path)
    expect(page.locator("[name=kept_files]")).to_have_count(2)


def must_be_as_begun(page: Page) -> None:
    expect(page.locator("[name=title]")).to_have_value(TITLE)
    expect(page.locator("[name=comment]")).to_have_value(COMMENT)
    expect(page.locator("[name=source_language]")).to_have_value("en")
    expect(page.locator("[name=kept_files]")).to_have_count(2)
    ticked = page.locator("[name=target_languages]:checked")
    expect(ticked).to_have_count(1)
    expect(ticked).to_have_value("fr")


def send(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form.card .buttons button").click()


def test_the_source_language_is_no_target_and_comes_back(anna: Eyes) -> None:
    page = anna.page
    page.goto("/requests/new")
    page.locator("[name=source_language]").select_option("de")
    german = page.locator("[name=target_languages][value=de]")
    expect(german).to_be_hidden()
    expect(german).to_be_disabled()
    page.locator("[name=source_language]").select_option("en")
    expect(german).to_be_visible()


def test_a_language_switch_keeps_what_was_typed_and_the_files(anna: Eyes, tmp_path: Path) -> None:
    page = anna.page
    begin(page, tmp_path)
    for language in ("de", "ar", "en"):
        with page.expect_navigation():
            page.locator(f".languages button[value={language}]").click()
        must_be_as_begun(page)
    anna.look("kept-draft")
    send(page)
    expect(page.locator("h1")).to_contain_text(TITLE)
    page.goto("/requests/new")
    expect(page.locator("[name=title]")).to_have_value("")


def test_back_ticks_no_other_language(anna: Eyes, tmp_path: Path) -> None:
    page = anna.page
    begin(page, tmp_path)
    page.goto("/requests")
    page.go_back()
    must_be_as_begun(page)
    send(page)
    expect(page.locator("main")).to_contain_text(re.compile("French|Französisch"))
    page.go_back()
    assert page.locator("[name=target_languages]:checked").count() in {0, 1}
    ticked = [box.get_attribute("value") for box in page.locator("[name=target_languages]:checked").all()]
    assert ticked in ([], ["fr"])


def test_back_after_a_switch_of_the_language_ticks_no_other_language(anna: Eyes, tmp_path: Path) -> None:
    page = anna.page
    begin(page, tmp_path)
    with page.expect_navigation():
        page.locator(".languages button[value=de]").click()
    must_be_as_begun(page)
    page.go_back()
    must_be_as_begun(page)


def test_a_draft_can_be_discarded(anna: Eyes, tmp_path: Path) -> None:
    page = anna.page
    begin(page, tmp_path)
    page.goto("/requests")
    page.goto("/requests/new")
    expect(page.locator(".draft")).to_be_visible()
    with page.expect_navigation():
        page.locator(".draft button").click()
    expect(page.locator("[name=title]")).to_have_value("")
    expect(page.locator(".draft")).to_have_count(0)


def test_a_session_that_ended_costs_nothing(anna: Eyes, tmp_path: Path) -> None:
    page = anna.page
    begin(page, tmp_path)
    other = anna.context.new_page()
    other.goto("/account")
    with other.expect_navigation():
        other.locator("form[action='/account/log-out'] button").click()
    # Logging out clears this site's storage; the session of the cookie has ended for the form too.
    anna.context.clear_cookies(name="portal_language")
    page.locator("[name=title]").fill(TITLE)
    send(page)
    expect(page.locator("h1")).to_have_text("Log in")
    anna.fill(email=ANNA, password=DEMO_PASSWORD)
    page.locator("main form button").first.click()
    expect(page.locator("[name=title]")).to_have_value(TITLE)


def test_a_session_that_ends_while_files_are_chosen_is_told_and_they_are_sent_after_a_log_in(
    anna: Eyes, tmp_path: Path
) -> None:
    page = anna.page
    begin(page, tmp_path)
    cookies = anna.context.cookies()
    anna.context.clear_cookies(name="portal")
    page.locator("[name=files]").set_input_files(files(tmp_path, "late.txt"))
    expect(page.locator(".upload.mistake")).to_contain_text("Your session has ended.")
    anna.look("lapsed-upload")
    second = anna.context.new_page()
    second.goto("/login")
    second.locator("[name=email]").fill(ANNA)
    second.locator("[name=password]").fill(DEMO_PASSWORD)
    with second.expect_navigation():
        second.locator("main form button").first.click()
    assert anna.context.cookies() != cookies
    page.locator(".upload.mistake button").click()
    expect(page.locator("[name=kept_files]")).to_have_count(3)
    send(page)
    expect(page.locator("h1")).to_contain_text(TITLE)


def test_a_file_over_the_limit_is_refused_before_it_is_sent(anna: Eyes, tmp_path: Path) -> None:
    page = anna.page
    begin(page, tmp_path)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.evaluate("document.querySelector('[name=files]').dataset.maxBytes = 5")
    page.locator("[name=files]").set_input_files(files(tmp_path, "large.txt"))
    expect(page.locator(".upload.mistake")).to_contain_text("“large.txt” is too large")
    assert requests == []
    must_be_as_begun(page)


def test_a_form_that_is_sent_during_an_upload_waits_for_it(anna: Eyes, tmp_path: Path) -> None:
    page = anna.page
    begin(page, tmp_path)
    held: list[Route] = []
    page.route("**/uploads", lambda route: held.append(route))  # noqa: PLW0108  playwright takes no builtin
    page.locator("[name=files]").set_input_files(files(tmp_path, "slow.txt"))
    expect(page.locator(".upload progress")).to_be_visible()
    anna.look("uploading")
    page.locator("main form.card .buttons button").click()
    expect(page.locator(".upload progress")).to_be_visible()
    with page.expect_navigation():
        held[0].continue_()
    expect(page.locator("main")).to_contain_text("slow.txt")


def test_a_form_that_met_no_portal_is_filled_in_again(anna: Eyes, tmp_path: Path) -> None:
    page = anna.page
    begin(page, tmp_path)
    page.route("**/requests", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.locator("main form.card .buttons button").click()
    page.wait_for_url("chrome-error://**")
    page.unroute("**/requests")
    page.goto("/requests/new")
    page.goto("/team")
    page.go_back()
    must_be_as_begun(page)


def test_a_log_in_is_no_draft(anna: Eyes, browser: Browser, demo_site: Site) -> None:
    page = browser.new_context(base_url=demo_site.url, locale="en-GB").new_page()
    page.goto("/login")
    page.locator("[name=email]").fill(ANNA)
    page.goto("/reset")
    page.goto("/login")
    expect(page.locator(".draft")).to_have_count(0)


def test_filters_after_back_show_what_is_filtered(anna: Eyes) -> None:
    page = anna.page
    page.goto("/requests")
    page.locator("[name=state]").select_option("cancelled")
    page.wait_for_url("**state=cancelled*")
    page.locator("[name=state]").select_option("delivered")
    page.wait_for_url("**state=delivered*")
    page.go_back()
    page.wait_for_url("**state=cancelled*")
    expect(page.locator("[name=state]")).to_have_value("cancelled")
    page.go_back()
    expect(page.locator("[name=state]")).to_have_value("")
    page.locator("[name=state]").select_option("delivered")
    page.wait_for_url("**state=delivered*")
    page.locator("#requests td.name a").first.click()
    page.go_back()
    expect(page.locator("[name=state]")).to_have_value("delivered")
    expect(page.locator("#requests tbody .badge:not(.delivered)")).to_have_count(0)
