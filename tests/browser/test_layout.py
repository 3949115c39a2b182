"""Pages fit their windows whatever people write into them, and can be read, heard and worked with there."""

from __future__ import annotations

import re
from typing import Any, cast

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Eyes, Site
from tests.browser.test_pages import ADA, ADMINISTRATION, ANNA, log_in, speak
from tests.portal.harness import key

LONG = "Betriebsanleitung_Infusionspumpe_Modell-XR200_2026-11"
UNBROKEN = "x" * 200
WIDTHS = (390, 1024, 1280)


def written(site: Site, path: str, **body: object) -> str:
    """The id of something new."""
    answer = site.api.post(path, json=body, headers={**key(), "If-None-Match": "*"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def hostile(site: Site) -> list[str]:
    """Rows with names that nothing breaks, and the pages that show one of them each."""
    customer = written(
        site, "/customers", name=UNBROKEN, description=UNBROKEN, language="en", email_domains=[],
        project_managers=[f"{'y' * 60}@{'z' * 60}.example"],
    )  # fmt: skip
    person = written(
        site, "/contacts", customer=customer, name=f"{UNBROKEN[:150]}", role="manager", language="de",
        email=f"{'m' * 60}@{'n' * 60}.example",
    )  # fmt: skip
    titles = [
        written(
            site, "/requests", owner=site.one("/contacts", email=ANNA)["id"], title=title, source_language="en",
            target_languages=["de", "fr"], service=None, workflow="pm_quote_manual", comment=UNBROKEN,
            deadline="2030-12-24T10:00:00Z",
        ) for title in (LONG, UNBROKEN)
    ]  # fmt: skip
    mail = next(each["id"] for each in site.api.get("/outbox", params={"limit": 200}).json()["items"])
    managed = site.one("/contacts", email="ottilie.brandauer@acme.example")["id"]
    return [
        f"/admin/customers/{customer}", f"/admin/contacts/{person}", f"/admin/contacts/{managed}",
        f"/admin/outbox/{mail}", *(f"/requests/{id}" for id in titles),
    ]  # fmt: skip


def must_fit(page: Page, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(path)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"{path} is {wide} wide at {width}"
    beyond = page.evaluate(
        "[...document.querySelectorAll('main td, main .badge, main .warning, main time, main input')]"
        ".filter(each => each.getBoundingClientRect().right > innerWidth).map(each => each.outerHTML.slice(0, 90))"
    )
    assert beyond == [], f"{path} at {width}"


def test_no_page_is_wider_than_its_window(browser: Browser, demo_site: Site) -> None:
    ones = hostile(demo_site)
    ada, anna = (Eyes(browser, demo_site.url, "de", who) for who in ("ada-long", "anna-long"))
    for eyes, email, paths in (
        (ada, ADA, (*ADMINISTRATION, *ones)),
        (anna, ANNA, ("/requests", "/requests/new", "/team?removed=true", "/statistics", "/account", ones[-1])),
    ):
        log_in(eyes, email)
        speak(eyes)
        for width in WIDTHS:
            for path in paths:
                must_fit(eyes.page, path, width)


def test_a_list_is_a_table_to_those_who_hear_it_in_whatever_window(browser: Browser, demo_site: Site) -> None:
    eyes = Eyes(browser, demo_site.url, "de", "table")
    log_in(eyes, ANNA)
    speak(eyes)
    page = eyes.page
    for width in (390, 900, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        eyes.open("/team", f"team-{width}")
        table = page.get_by_role("table", name="Team")
        assert [each.inner_text().strip() for each in table.get_by_role("columnheader").all()] == [
            "Name", "E-Mail-Adresse", "Rolle", "Status", "Offene Anfragen",
        ]  # fmt: skip
        cells = table.get_by_role("row").filter(has_text="Tom Lang").get_by_role("cell")
        expect(cells).to_have_count(5)
        for cell in cells.all():
            box = cell.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= width
        assert page.locator("main [tabindex='0']").count() == 0


def test_lists_stay_lists_on_a_small_laptop(browser: Browser, demo_site: Site) -> None:
    for who, email, paths in (
        ("ada-lists", ADA, ("/requests", "/admin/contacts", "/admin/customers", "/admin/history", "/admin/outbox")),
        ("anna-lists", ANNA, ("/requests", "/team", "/statistics")),
    ):
        eyes = Eyes(browser, demo_site.url, "de", who)
        log_in(eyes, email)
        speak(eyes)
        eyes.page.set_viewport_size({"width": 1024, "height": 768})
        for path in paths:
            eyes.page.goto(path)
            looks = eyes.page.evaluate(
                "[...document.querySelectorAll('main table.list')].map(each => getComputedStyle(each).display)"
            )
            assert set(looks) == {"table"}, path


def test_letters_of_a_plot_can_be_read(browser: Browser, demo_site: Site) -> None:
    eyes = Eyes(browser, demo_site.url, "en", "plot")
    log_in(eyes, ADA)
    for width in (320, 390, 720, 1280):
        eyes.page.set_viewport_size({"width": width, "height": 844})
        eyes.open("/statistics", f"statistics-{width}")
        seen = eyes.page.evaluate(
            "[...document.querySelectorAll('svg.plot text, .bars .name, .bars .value')].filter(each => each.checkVisibility())"
            ".map(each => parseFloat(getComputedStyle(each).fontSize) * (each.getScreenCTM ? each.getScreenCTM().a : 1))"
        )
        assert len(seen) > 20
        assert min(seen) >= 12
        assert eyes.page.locator("svg.upright").is_visible() is (width > 720)
        assert eyes.page.locator(".bars.lying").is_visible() is (width <= 720)


def test_what_changes_is_told_and_the_way_back_is_offered(browser: Browser, demo_site: Site) -> None:
    eyes = Eyes(browser, demo_site.url, "en", "told")
    log_in(eyes, ADA)
    page = eyes.page
    page.goto("/admin/contacts")
    status = page.get_by_role("status")
    expect(status).to_have_text(re.compile(r"\d\d contacts"))
    page.evaluate("document.querySelector('#found').mine = true")
    page.locator("#q").press_sequentially("KŐVÁRI")
    expect(status).to_have_text("3 contacts")  # by name, and by address
    page.locator("#q").fill("nobody at all")
    expect(status).to_have_text("Nothing found")
    assert page.evaluate("document.querySelector('#found').mine") is True, "a live region stays, its words change"
    assert page.locator("#people").count() == 1
    expect(page.locator("#q")).to_be_focused()
    eyes.look("nothing-found")
    page.locator("#reset a").click()
    expect(status).to_have_text(re.compile(r"\d\d contacts"))
    assert page.locator("#q").input_value() == ""
    page.goto("/requests")
    page.locator("[name=customer]").select_option(label="ACME Medical GmbH")
    page.locator("[name=owner]").focus()
    page.locator("[name=owner]").select_option(label="Tom Lang")
    expect(page).to_have_url(re.compile("owner=con_"))
    expect(page.locator("[name=owner]")).to_be_focused()
    page.locator("[name=customer]").select_option(label="Havbris Sjømat AS")
    expect(page.locator("[name=owner]")).to_have_value("")
    expect(page.locator("#requests tbody tr").first).to_contain_text("Havbris")


def test_boxes_and_buttons_of_filters_stand_in_line(browser: Browser, demo_site: Site) -> None:
    eyes = Eyes(browser, demo_site.url, "en", "in-line")
    log_in(eyes, ADA)
    for path in ("/admin/contacts", "/admin/customers", "/admin/history", "/statistics"):
        eyes.page.goto(path)
        middles = eyes.page.evaluate(
            "[...document.querySelectorAll('.filters :is(input, select, button)')].map(each => "
            "{ const box = each.getBoundingClientRect(); return (box.top + box.bottom) / 2 })"
        )
        assert max(middles) - min(middles) <= 1.5, (path, middles)


def test_the_menu_folds_on_a_phone_and_opens_by_keyboard(browser: Browser, demo_site: Site) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=demo_site.url, locale="en-GB")
    eyes = Eyes(browser, demo_site.url, "en", "menu")
    log_in(eyes, ADA)
    context.add_cookies(cast("Any", eyes.context.cookies()))
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/requests")
    heading = page.get_by_role("heading", level=1).bounding_box()
    assert heading is not None
    assert heading["y"] < 180
    expect(page.get_by_role("navigation", name="Menu")).to_have_count(0)
    page.get_by_role("button", name="Menu").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Menu")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#menu a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation", name="Menu")).to_have_count(0)
    page.set_viewport_size({"width": 1280, "height": 844})
    expect(page.get_by_role("navigation", name="Menu")).to_be_visible()
    assert page.locator(".fold").is_hidden()
    context.close()


def test_a_request_is_printed_without_what_is_for_screens(browser: Browser, demo_site: Site) -> None:
    eyes = Eyes(browser, demo_site.url, "en", "printed")
    log_in(eyes, ANNA)
    page = eyes.page
    page.goto("/requests?state=quote_pending")
    page.locator("#requests td a").first.click()
    page.emulate_media(media="print")
    assert page.locator("main h1").is_visible()
    assert page.locator("main dl.facts").first.is_visible()
    expect(page.locator(".print-only")).to_have_text("Kundenportal")
    paper = page.locator("main").inner_text()
    for part in ("ACME Medical GmbH", "lee@provider.example", "Certified translation", "#"):
        assert part in paper, "who, to whom and for what"
    for gone in (".top", ".menu", "footer", "main form"):
        assert not any(each.is_visible() for each in page.locator(gone).all()), gone
    page.goto("/statistics")
    page.emulate_media(media="print")
    assert page.locator("svg.upright").is_visible()
    assert page.locator(".filters").is_hidden()
