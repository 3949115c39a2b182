"""A real browser before a real server process; what it sees is kept under `.artefacts/pages`."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.cli.conftest import Program, book, folder
from tests.portal.identity import CLIENT_ID, SECRET, Identity, identity

__all__ = ["book", "folder"]

ARTEFACTS = Path(__file__).parents[2] / ".artefacts" / "pages"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEMO_PASSWORD = "Riverbed-17-lanterns"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
"""As root there is no sandbox; and a test's browser talks to nobody but the portal."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or whichever is there; without one the gate fails, and elsewhere it says so loudly."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        message = "NO BROWSER: the pages are NOT tested; install Debian's package chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        warnings.warn(message, stacklevel=1)
        pytest.skip(message)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield opened
        opened.close()


@dataclass
class Site:
    """A portal's server process, its database, and tokens for it."""

    url: str
    database: str
    program: Program
    api: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        token = self.run("portal", "token", "--database", self.database, "--scope", "admin").strip()
        self.api = httpx.Client(base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {token}"})

    def run(self, *arguments: str) -> str:
        """What the command prints; it must succeed."""
        done = self.program(*arguments)
        assert done.code == 0, done.err
        return done.out

    def link(self, to: str, kind: str) -> str:
        """The link in the newest mail of this kind to this address."""
        mails = [mail for mail in self._items("/outbox", kind=kind) if mail["to"] == to]
        newest = max(mails, key=lambda mail: (mail["created_at"], mail["id"]))
        return str(re.findall(rf"{re.escape(self.url)}/\S+", newest["text"])[0])

    def _items(self, path: str, **params: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.api.get(path, params={"limit": 200, **params}).json()["items"]
        return items

    def one(self, path: str, **like: str) -> dict[str, Any]:
        """The one row of a list that is like this."""
        (row,) = [row for row in self._items(path) if like.items() <= row.items()]
        return row


@pytest.fixture
def site(folder: Program, tmp_path: Path) -> Iterator[Site]:
    """An empty portal in a process of its own, and a folder that is reconciled with it."""
    with _serving(folder, f"sqlite:///{tmp_path / 'portal.sqlite'}", tmp_path / "server.log") as served:
        yield served


@pytest.fixture
def demo_site(folder: Program, tmp_path: Path) -> Iterator[Site]:
    """A portal in the demo's state, whose people log in with `DEMO_PASSWORD`."""
    database = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    seeded = folder("portal", "seed", "--database", database, "--demo-password", DEMO_PASSWORD)
    assert seeded.code == 0, seeded.err
    with _serving(folder, database, tmp_path / "server.log") as served:
        yield served


@pytest.fixture
def provider() -> Iterator[Identity]:
    """An identity provider that people may log in at."""
    with identity() as running:
        yield running


@pytest.fixture
def sign_on_site(folder: Program, tmp_path: Path, provider: Identity) -> Iterator[Site]:
    """An empty portal whose people may log in at the provider."""
    flags = ("--oidc-issuer", provider.url, "--oidc-client-id", CLIENT_ID, "--oidc-name", "Quist ID")
    with _serving(folder, f"sqlite:///{tmp_path / 'portal.sqlite'}", tmp_path / "server.log", *flags) as served:
        yield served


@contextlib.contextmanager
def _serving(program: Program, database: str, log_file: Path, *flags: str) -> Iterator[Site]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "reconciler", "portal", "serve", "--database", database, "--port", str(port)]
    with log_file.open("wb") as log:
        server = subprocess.Popen(
            [*command, *flags], stderr=log, stdout=log, env={**os.environ, "RECONCILER_PORTAL_OIDC_SECRET": SECRET}
        )
    try:
        _until_alive(url, server)
        yield Site(url, database, program)
    finally:
        server.terminate()
        assert server.wait(15) == 0, log_file.read_text()[-4000:]


def _until_alive(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert server.poll() is None, "the server did not start"
        try:
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


class Eyes:
    """Somebody at a browser: walks through pages, keeps what she sees, and has every page examined by axe."""

    def __init__(self, browser: Browser, url: str, language: str, who: str, *, quiet: bool = True) -> None:
        """`quiet`: nothing may stand in the browser's console; pages that are not there always leave a line."""
        locale = {"en": "en-GB", "ar": "ar-EG"}.get(language, f"{language}-{language.upper()}")
        self.context: BrowserContext = browser.new_context(
            locale=locale, viewport={"width": 1280, "height": 900}, base_url=url, accept_downloads=True
        )
        self.context.set_default_timeout(15_000)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        if quiet:
            self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.language, self.who, self.count = language, who, 0

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def look(self, name: str) -> None:
        """Keep a picture of the page; nothing serious is wrong with it, and its language is the reader's."""
        self.count += 1
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        path = ARTEFACTS / f"{self.language}-{self.who}-{self.count:02}-{name}.png"
        self.page.screenshot(path=path, full_page=True)
        assert self.page.locator("html").get_attribute("lang") == self.language, name
        found = Axe().run(self.page).response["violations"]
        serious = [
            (each["id"], [node["html"][:200] for node in each["nodes"][:3]])
            for each in found if each["impact"] in {"serious", "critical"}
        ]  # fmt: skip
        assert serious == [], f"{name}: {serious}"
        assert self.complaints == [], name

    def open(self, path: str, name: str) -> None:
        """Go to a page and look at it."""
        self.page.goto(path)
        self.look(name)

    def fill(self, **fields: str) -> None:
        """Type into fields by their names."""
        for name, value in fields.items():
            self.page.locator(f"main [name={name}]:visible").first.fill(value)

    def press(self, selector: str, name: str) -> None:
        """Press a button and look at the page that comes."""
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()
        self.look(name)
