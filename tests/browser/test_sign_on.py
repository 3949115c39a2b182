"""Log-in at an identity provider, with a browser's own rules about cookies, redirects and foreign sites."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Eyes, Site
from tests.portal.identity import Identity


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_who_is_invited_comes_in_by_her_organisations_log_in(
    browser: Browser, sign_on_site: Site, provider: Identity, language: str
) -> None:
    sign_on_site.run(
        "portal", "invite", "--database", sign_on_site.database, "--name", "Ada Quist",
        "--email", "ada@provider.example", "--language", language,
    )  # fmt: skip
    eyes = Eyes(browser, sign_on_site.url, language, "sign-on", quiet=False)
    provider.email = "stranger@provider.example"
    eyes.open("/login?to=/admin/staff", "log-in")
    eyes.press("main .button", "unknown")
    expect(eyes.page.locator("[role=alert]")).to_contain_text("Quist ID")
    provider.email = "ada@provider.example"
    eyes.page.goto("/login?to=/admin/staff")
    eyes.press("main .button", "in")
    assert eyes.page.url == f"{sign_on_site.url}/admin/staff"
    expect(eyes.page.locator("nav.person")).to_contain_text("Ada Quist")
