"""Mails over TLS, with real certificates: they arrive, or nothing of them leaves in clear."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from reconciler.portal.commands import create_token
from reconciler.portal.delivery.smtp import MailServer, mail_server
from reconciler.portal.delivery.worker import send_due_mails
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store, open_store
from tests.pages.reader import Reader
from tests.portal.certificates import Authority
from tests.portal.harness import Api
from tests.portal.servers import serving, until
from tests.portal.sink import Sink, mail_sink

SENDER = "portal@provider.example"
USER, PASSWORD = "portal", "Stapellauf-9"
SECRET = ("AUTH", "MAIL", "RCPT", "DATA")
"""What is said on a protected line only."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("trusted"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("unknown"))


@pytest.fixture(autouse=True)
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))


def way(kind: str, certificate: ssl.SSLContext) -> dict[str, Any]:
    """How a sink is protected: by STARTTLS or from the start; it lets in who logs in."""
    more = {"tls": certificate, "users": {USER: PASSWORD}}
    if kind == "smtps":
        return {**more, "from_the_start": True, "offers": ("AUTH PLAIN LOGIN",)}
    return {**more, "offers": ("STARTTLS",), "protected_offers": ("AUTH PLAIN LOGIN", "8BITMIME")}


def to(sink: Sink, host: str = "localhost", user: str | None = USER, password: str | None = PASSWORD) -> MailServer:
    return replace(mail_server(sink.named(user, host), SENDER, password), answer_within_s=2.0)


def one_mail(api: Api) -> None:
    api.a_customer("requester")


def waits(api: Api, sink: Sink, why: str) -> None:
    """The mail waits with a reason that can be read; the sink got nothing, and no secret in clear."""
    (mail,) = api.items("/outbox")
    assert (mail["state"], mail["tries"], sink.taken) == ("queued", 1, [])
    assert why in mail["last_error"], mail["last_error"]
    assert PASSWORD not in mail["last_error"]
    assert why in Reader.staff(api.store).open(f"/admin/outbox/{mail['id']}").replace("&#39;", "'")
    assert said_in_clear(sink) == []


def test_the_log_says_that_a_certificate_is_why_mails_wait(
    api: Api, store: Store, authority: Authority, caplog: Any
) -> None:
    one_mail(api)
    with mail_sink(**way("smtps", authority.server("127.0.0.1"))) as sink:
        send_due_mails(store, to(sink))
    (reason,) = [record.reason for record in caplog.records if record.message == "mail"]
    assert reason == "SSLCertVerificationError CERTIFICATE_VERIFY_FAILED"


def said_in_clear(sink: Sink) -> list[str]:
    return [line for line in sink.in_clear if line.upper().startswith(SECRET)]


@pytest.mark.parametrize("kind", ["starttls", "smtps"])
@pytest.mark.parametrize("login", ["PLAIN", "LOGIN"])
def test_a_mail_arrives_over_a_protected_line_from_who_logged_in(
    api: Api, store: Store, authority: Authority, kind: str, login: str
) -> None:
    one_mail(api)
    how = way(kind, authority.server("localhost"))
    how["protected_offers"] = (f"AUTH {login}",)
    with mail_sink(**how) as sink:
        assert send_due_mails(store, to(sink))
    (taken,) = sink.taken
    assert (taken.protected, taken.as_user, taken.recipients) == (True, USER, ["requester-0@acme.example"])
    assert [mail["state"] for mail in api.items("/outbox")] == ["sent"]
    assert said_in_clear(sink) == []


def test_a_server_known_by_its_address_only_has_it_in_its_certificate(
    api: Api, store: Store, authority: Authority
) -> None:
    one_mail(api)
    with mail_sink(**way("smtps", authority.server("127.0.0.1"))) as sink:
        assert send_due_mails(store, to(sink, host="127.0.0.1"))
    assert len(sink.taken) == 1


@pytest.mark.parametrize("kind", ["starttls", "smtps"])
@pytest.mark.parametrize(
    ("proof", "why"),
    [
        (("stranger", "localhost", 30), "CERTIFICATE_VERIFY_FAILED"),
        (("authority", "mail.provider.example", 30), "Hostname mismatch"),
        (("authority", "127.0.0.1", 30), "Hostname mismatch"),
        (("authority", "localhost", -1), "certificate has expired"),
    ],
)  # fmt: skip
def test_no_mail_and_no_password_goes_to_a_server_that_cannot_prove_who_it_is(
    api: Api, request: pytest.FixtureRequest, kind: str, proof: tuple[str, str, int], why: str
) -> None:
    one_mail(api)
    made_by, name, days = proof
    with mail_sink(**way(kind, request.getfixturevalue(made_by).server(name, days=days))) as sink:
        assert not send_due_mails(api.store, to(sink))
    waits(api, sink, why)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"offers": ("AUTH PLAIN LOGIN",)}, "STARTTLS extension not supported"),
        ({"answers": {"STARTTLS": "454 4.7.0 not now"}}, "454"),
        ({"answers": {"STARTTLS": "501 no"}}, "501"),
        ({"answers": {"STARTTLS": "220 go on, but in clear"}}, "SSL"),
    ],
)
def test_a_server_that_does_not_protect_the_line_gets_neither_password_nor_mail(
    api: Api, store: Store, authority: Authority, change: dict[str, Any], why: str
) -> None:
    one_mail(api)
    with mail_sink(**{**way("starttls", authority.server("localhost")), **change}) as sink:
        assert not send_due_mails(store, to(sink))
    waits(api, sink, why)


def test_what_somebody_slips_in_before_the_line_is_protected_is_not_believed(
    api: Api, store: Store, authority: Authority
) -> None:
    one_mail(api)
    how = way("starttls", authority.server("localhost"))
    with mail_sink(**{**how, "offers": ("STARTTLS", "AUTH PLAIN"), "protected_offers": ()}) as sink:
        assert not send_due_mails(store, to(sink))
    waits(api, sink, "AUTH extension not supported")


@pytest.mark.parametrize("kind", ["starttls", "smtps"])
def test_a_password_that_is_not_right_is_told_without_it(
    api: Api, store: Store, authority: Authority, kind: str
) -> None:
    one_mail(api)
    how = way(kind, authority.server("localhost"))
    with mail_sink(**{**how, "users": {USER: "another"}}) as sink:
        assert not send_due_mails(store, to(sink))
    waits(api, sink, "535")


@pytest.mark.parametrize(
    ("url", "password", "why"),
    [
        ("smtp://portal@mail.example", "Möwe", "password"), ("smtp://m%C3%B6we@mail.example", "x", "user"),
        ("smtp://mail..example", None, "mail..example"),
    ],
)  # fmt: skip
def test_what_could_never_be_said_to_a_mail_server_is_refused_at_the_start(
    url: str, password: str | None, why: str
) -> None:
    with pytest.raises(ValueError, match=why) as refusal:
        mail_server(url, SENDER, password)
    assert "Möwe" not in str(refusal.value)


@pytest.mark.parametrize("kind", ["starttls", "smtps"])
def test_a_real_server_trusts_whom_it_is_told_to_and_nobody_else(
    tmp_path: Path, authority: Authority, stranger: Authority, kind: str
) -> None:
    database = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    token, store = create_token(database, "admin", "tests"), open_store(database)
    api = Api.of(store)
    one_mail(api)

    def start(sink: Sink, trusted: Authority) -> Any:
        return serving(
            database, "--smtp", sink.named(USER), "--mail-from", SENDER, token=token, SSL_CERT_FILE=str(trusted.file),
            RECONCILER_PORTAL_SMTP_PASSWORD=PASSWORD,
        )  # fmt: skip

    with mail_sink(**way(kind, authority.server("localhost"))) as sink:
        with start(sink, stranger) as server:
            until(lambda: api.items("/outbox")[0]["last_error"])
            assert server.stop() == 0
            assert PASSWORD not in "".join(server.raw)
        waits(api, sink, "CERTIFICATE_VERIFY_FAILED")
        with store.unversioned() as connection:  # what a minute does to a mail that waits
            connection.execute(update(t.outbox).values(next_try_at=store.clock()))
        with start(sink, authority) as server:
            until(lambda: api.items("/outbox")[0]["state"] == "sent")
            assert server.stop() == 0
    assert [(taken.protected, taken.as_user) for taken in sink.taken] == [(True, USER)]
    store.engine.dispose()
