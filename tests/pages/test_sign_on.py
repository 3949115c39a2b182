"""Log-in at an identity provider: what it proves is believed, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from click.testing import CliRunner
from joserfc.jwk import RSAKey

from reconciler.cli.commands.portal import portal
from reconciler.model.errors import WrongUsage
from reconciler.portal import commands
from reconciler.portal.app import create_app
from reconciler.portal.sign_on.protocol import NotProven, SignOnState
from reconciler.portal.sign_on.provider import Provider
from reconciler.portal.sign_on.settings import Settings, settings_of
from reconciler.portal.store.clock import moment
from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.accounts import activate, newest
from tests.portal.harness import Api, Clock
from tests.portal.identity import CLIENT_ID, SECRET, Identity, identity
from tests.portal.servers import serving

BACK = "/login/sign-on/back"


@pytest.fixture
def provider(clock: Clock) -> Iterator[Identity]:
    with identity(lambda: moment(clock()).timestamp()) as running:
        yield running


@pytest.fixture
def api(store: Store) -> Api:
    return Api.of(store)


@pytest.fixture
def manager(api: Api, provider: Identity) -> dict[str, Any]:
    """A manager who is active, and logged in at the provider."""
    _, (found,) = api.a_customer("manager")
    activate(api, found["email"])
    provider.email = found["email"]
    return found


def visitor(store: Store, provider: Identity, *domains: str, language: str = "en") -> Reader:
    """Somebody before a portal whose people may log in at the provider."""
    settings = settings_of(provider.url, CLIENT_ID, SECRET, "Quist ID", domains)
    return Reader(
        create_app(store, Provider(settings)), base_url="http://127.0.0.1:8000",
        headers={"Accept-Language": language}, follow_redirects=False,
    )  # fmt: skip


def leave(reader: Reader, to: str = "") -> str:
    """Where the provider sends the browser back to."""
    away = reader.get("/login/sign-on", params={"to": to} if to else {})
    assert away.status_code == 303, away.text
    back = httpx.get(away.headers["location"])
    assert back.status_code == 302
    path, query = back.headers["location"].removeprefix("http://127.0.0.1:8000").split("?")
    assert path == BACK
    return f"{path}?{query}"


def log_in(reader: Reader, status: int = 303, to: str = "") -> Any:
    answer = reader.get(leave(reader, to))
    assert answer.status_code == status, answer.text
    return answer


def logged_in(reader: Reader) -> bool:
    return bool(reader.get("/account").status_code == 200)


def test_a_person_whose_address_is_proven_comes_in_and_on_to_the_page_she_wanted(
    store: Store, provider: Identity, manager: dict[str, Any]
) -> None:
    reader = visitor(store, provider)
    reader.open("/login?to=/team")
    assert "Log in with Quist ID" in reader.page.text
    assert 'href="/login/sign-on?to=/team"' in reader.page.text
    answer = log_in(reader, to="/team")
    assert answer.headers["location"] == "/team"
    assert manager["name"] in reader.open("/account")
    assert "portal_sign_on" not in reader.cookies


def test_what_the_browser_takes_along_is_seen_by_no_script_and_by_no_network(
    store: Store, provider: Identity, manager: dict[str, Any]
) -> None:
    reader = visitor(store, provider)
    away = reader.get("/login/sign-on")
    kept = next(value for name, value in away.headers.multi_items() if name == "set-cookie")
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=600"} <= set(kept.split("; "))
    asked = parse_qs(urlsplit(away.headers["location"]).query)
    assert asked["redirect_uri"] == [f"{store.base_url}{BACK}"]
    assert asked["ui_locales"] == ["en"]
    assert not set(asked) & {"code_verifier", "client_secret"}


def test_who_was_invited_is_active_then_and_her_mailed_link_opens_nothing_any_more(
    store: Store, api: Api, provider: Identity
) -> None:
    _, (person,) = api.a_customer("requester")
    provider.email = person["email"].upper()
    reader = visitor(store, provider)
    log_in(reader)
    now = api.row(f"/contacts/{person['id']}")
    assert now["status"] == "active"
    link = newest(api, person["email"], "activation")["text"].split("/activate/")[1].split()[0]
    assert reader.get(f"/activate/{link}").status_code == 404
    (entry,) = [each for each in api.items("/changes") if each["what"] == "activate"]
    assert (entry["actor"], entry["by"]) == ("self", person["name"])


def test_nobody_comes_into_being_by_logging_in(store: Store, api: Api, provider: Identity) -> None:
    home, (person,) = api.a_customer("requester")
    provider.email = "stranger@acme.example"
    reader = visitor(store, provider)
    assert "there is no account for it here" in log_in(reader, 401).text
    api.act(f"/contacts/{person['id']}/offboard", person, reason="left")
    provider.email = person["email"]
    assert "there is no account for it here" in log_in(reader, 401).text
    assert not logged_in(reader)
    assert api.items("/contacts", customer=home["id"]) == [], "the one who was there was removed, and nobody came"


def test_one_of_the_providers_people_comes_in_too(store: Store, provider: Identity) -> None:
    Reader.staff(store)
    provider.email = "ada@provider.example"
    reader = visitor(store, provider)
    log_in(reader)
    assert "Ada Quist" in reader.open("/account")


def _claims(**claims: Any) -> Callable[[Identity], None]:
    return lambda provider: provider.claims.update(claims)


def _set(**attributes: Any) -> Callable[[Identity], None]:
    def tell(provider: Identity) -> None:
        for name, value in attributes.items():
            setattr(provider, name, value)

    return tell


LIES: dict[str, Callable[[Identity], None]] = {
    "another nonce": _claims(nonce="of-another-journey"),
    "no nonce": _claims(nonce=None),
    "for another client": _claims(aud="another-client"),
    "for others as well, and given to one of them": _claims(aud=[CLIENT_ID, "other"], azp="other"),
    "for others as well, and it does not say given to whom": _claims(aud=[CLIENT_ID, "other"]),
    "for us twice, and it does not say given to whom": _claims(aud=[CLIENT_ID, CLIENT_ID]),
    "for us, and given to another": _claims(azp="other"),
    "for nobody": _claims(aud=None),
    "of another issuer": _claims(iss="https://elsewhere.example"),
    "run out": _claims(exp=moment("2026-11-23T11:58:00Z").timestamp().__int__()),
    "never runs out": _claims(exp=None),
    "from the future": _claims(iat=moment("2026-11-23T13:00:00Z").timestamp().__int__()),
    "of nobody": _claims(sub=None),
    "an address that is not verified": _set(verified=False),
    "an address of which nothing is said": _set(verified=None),
    "a word instead of a truth": _set(verified="true"),
    "a list instead of a truth": _claims(email_verified=None, xms_edov=["1"]),
    "no address": _set(email=""),
    "an address that is a list": _claims(email=["manager-0@acme.example"]),
    "signed by somebody else": _set(signing=RSAKey.generate_key(2048)),
    "signed with the public key as a secret": _set(confuses=True),
    "not signed": _set(header={"alg": "none"}),
    "userinfo of somebody else": _set(in_userinfo=True, userinfo={"sub": "person-2"}),
    "userinfo that is not verified": _set(in_userinfo=True, verified=False),
    "the person said no": _set(denies=True),
}


def prove(provider: Identity) -> str:
    """What the provider proves to a portal of its own."""
    portal, departure = Provider(settings_of(provider.url, CLIENT_ID, SECRET, None, ())), SignOnState.new()
    back = httpx.get(portal.authorization_url(departure, "http://127.0.0.1:1/back", "en")).headers["location"]
    answer = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    return portal.verified_address(departure, answer, "http://127.0.0.1:1/back", provider.now())


@pytest.mark.parametrize("lie", LIES)
def test_what_is_not_proven_is_not_believed(provider: Identity, lie: str) -> None:
    provider.email = "manager-0@acme.example"
    LIES[lie](provider)
    with pytest.raises(NotProven):
        prove(provider)


def test_who_proves_nothing_stays_outside(store: Store, provider: Identity, manager: dict[str, Any]) -> None:
    reader = visitor(store, provider)
    provider.verified = False
    answer = log_in(reader, 403)
    assert "Quist ID did not confirm your identity" in answer.text
    assert "portal" not in reader.cookies
    assert not logged_in(reader)


TRUTHS: dict[str, Callable[[Identity], None]] = {
    "at the userinfo endpoint": _set(in_userinfo=True),
    "for several clients, given to us": _claims(aud=[CLIENT_ID, "other"], azp=CLIENT_ID),
    "for us in a list": _claims(aud=[CLIENT_ID]),
    "for us, given to us": _claims(azp=CLIENT_ID),
    "in another provider's words": _claims(email_verified=None, xms_edov="1"),
    "signed by the only key, unnamed": _set(header={"kid": None}),
    "the client's secret in the form": _set(metadata={"token_endpoint_auth_methods_supported": ["client_secret_post"]}),
}


@pytest.mark.parametrize("truth", TRUTHS)
def test_what_is_proven_in_one_of_the_usual_ways_is_believed(provider: Identity, truth: str) -> None:
    provider.email = "manager-0@acme.example"
    TRUTHS[truth](provider)
    assert prove(provider) == "manager-0@acme.example"


def test_an_answer_counts_once_and_in_the_browser_that_asked(
    store: Store, provider: Identity, manager: dict[str, Any]
) -> None:
    reader, other = visitor(store, provider), visitor(store, provider)
    back = leave(reader)
    assert "started in another browser" in other.get(back).text, "no journey was begun here"
    leave(other)
    assert other.get(back).status_code == 403, "another state"
    assert not logged_in(other)
    assert reader.get(back).status_code == 303
    reader.cookies.delete("portal")
    assert reader.get(back).status_code == 400, "its journey is over"
    again = leave(reader)
    code = back.split("code=")[1].split("&")[0]
    used = again.replace(again.split("code=")[1].split("&")[0], code)
    assert reader.get(used).status_code == 403, "the provider gives tokens for a code once"


def test_a_journey_ends_after_ten_minutes_and_cannot_be_made_up(
    store: Store, provider: Identity, manager: dict[str, Any], clock: Clock
) -> None:
    reader = visitor(store, provider)
    back = leave(reader)
    clock.move(minutes=11)
    assert reader.get(back).status_code == 400
    leave(reader)
    kept = reader.cookies["portal_sign_on"]
    reader.cookies.set("portal_sign_on", f"x{kept}")
    assert reader.get(back).status_code == 400


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_nobody_is_taken_to_another_site_afterwards(
    store: Store, provider: Identity, manager: dict[str, Any], to: str
) -> None:
    assert log_in(visitor(store, provider), to=to).headers["location"] == "/"


def test_a_provider_speaks_only_for_the_domains_it_was_given(
    store: Store, provider: Identity, manager: dict[str, Any]
) -> None:
    log_in(visitor(store, provider, "acme.example"))
    log_in(visitor(store, provider, "provider.example"), 403)


def test_a_new_key_of_the_provider_is_fetched_when_a_token_names_it(
    store: Store, provider: Identity, manager: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = visitor(store, provider)
    log_in(reader)
    provider.rotate()
    log_in(reader, 403)  # asked for a moment ago: whoever makes up keys cannot make us ask all day
    monkeypatch.setattr("reconciler.portal.sign_on.provider.MIN_KEY_AGE_S", 0)
    log_in(reader)
    assert provider.asked.count("/keys") == 2


def test_without_the_provider_people_still_log_in_with_their_passwords(
    store: Store, provider: Identity, manager: dict[str, Any]
) -> None:
    reader = visitor(store, provider)
    provider.silent = True
    away = reader.get("/login/sign-on?to=/team")
    assert (away.status_code, away.headers["retry-after"]) == (503, "30")
    assert "Quist ID is not responding" in away.text
    assert 'type="password"' in away.text
    assert reader.get("/login/sign-on").status_code == 503
    assert len(provider.asked) == 1, "while it is silent it is left alone"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "ftp://elsewhere.example"},
    ],
)
def test_a_provider_that_names_itself_otherwise_is_not_believed(
    store: Store, provider: Identity, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    assert visitor(store, provider).get("/login/sign-on").status_code == 503


def test_somebody_who_tries_all_day_is_stopped(store: Store, provider: Identity, manager: dict[str, Any]) -> None:
    reader = visitor(store, provider)
    provider.verified = False
    for _ in range(50):
        log_in(reader, 403)
    assert "Too many attempts" in log_in(reader, 429).text


def test_without_a_provider_there_is_no_such_page(store: Store) -> None:
    reader = Reader.of(store)
    assert "/login/sign-on" not in reader.open("/login")
    reader.open("/login/sign-on", 404)
    reader.open(BACK, 404)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("http://id.example", "portal", "s", None, ()), "not https"),
        (("id.example", "portal", "s", None, ()), "not https"),
        (("https://id.example?a=b", "portal", "s", None, ()), "scheme, host and path"),
        (("https://id.example", None, "s", None, ()), "go together"),
        (("https://id.example", "portal", None, None, ()), "RECONCILER_PORTAL_OIDC_SECRET"),
    ],
)
def test_settings_that_let_the_wrong_people_in_are_refused(given: tuple[Any, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        settings_of(*given)


def test_the_secret_is_in_no_text_of_the_settings() -> None:
    assert "hush" not in repr(Settings("https://id.example", "portal", "hush", "ID"))


def test_a_server_is_told_by_its_flags_and_logs_nobody(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    with identity() as provider:
        provider.email = "stranger@acme.example"
        flags = ("--oidc-issuer", provider.url, "--oidc-client-id", CLIENT_ID, "--oidc-name", "Quist ID")
        with (
            serving(database, *flags, RECONCILER_PORTAL_OIDC_SECRET=SECRET) as server,
            httpx.Client(base_url=server.url, follow_redirects=True) as browser,
        ):
            assert "Quist ID" in browser.get("/login").text
            answer = browser.get("/login/sign-on")
            assert (answer.status_code, answer.url.path) == (401, BACK)
            provider.verified = False
            assert browser.get("/login/sign-on").status_code == 403
            assert [line["reason"] for line in server.log if line["event"] == "sign-on"] == ["address is not verified"]
            told = "".join(server.raw)
            assert "stranger" not in told
            assert "code=" not in told
            assert SECRET not in told


def test_without_the_extra_the_server_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "joserfc", None)
    for module in ("provider", "tokens"):
        monkeypatch.delitem(sys.modules, f"reconciler.portal.sign_on.{module}")
    oidc = {"issuer": "https://id.example", "client_id": "portal", "secret": "s", "name": None, "domains": ()}
    with pytest.raises(commands.WrongSettings, match=r"joserfc is missing; install the portal with the extra oidc"):
        commands.serve(f"sqlite:///{tmp_path / 'portal.sqlite'}", 0, oidc=oidc)


def test_flags_about_a_provider_that_is_not_named_are_refused(tmp_path: Path) -> None:
    refused = CliRunner().invoke(
        portal, ["serve", "--database", f"sqlite:///{tmp_path / 'p.sqlite'}", "--oidc-name", "ID"]
    )
    assert isinstance(refused.exception, WrongUsage)
    assert "--oidc-issuer" in str(refused.exception.hint)
