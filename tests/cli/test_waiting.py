"""What a command says while it waits, what it says when asked for more, and what `doctor` sees."""

from __future__ import annotations

import re

import pytest

from reconciler.adapters.address import Address
from reconciler.adapters.writer import PortalWriter
from reconciler.portal.commands import create_token
from tests.cli.conftest import Portal, Program
from tests.cli.silent import silent_server
from tests.cli.test_runs import settle


@pytest.mark.parametrize("command", ["plan", "drift", "doctor", "apply --yes"])
def test_a_portal_that_does_not_answer_is_told_and_given_up(folder: Program, command: str) -> None:
    with silent_server() as url:
        run = folder(*command.split(), "--portal-url", url, "--timeout", "2", RECONCILER_PORTAL_TOKEN="token")
    host = url.removeprefix("http://")
    assert run.code == 6
    assert f"waiting for {host}; giving up after 2 s\n" in run.err
    assert f"{host} did not answer within 2 s" in run.err + run.out
    assert "--timeout SECONDS" in run.err + run.out


def test_a_quiet_command_does_not_tell_that_it_waits(folder: Program) -> None:
    with silent_server() as url:
        run = folder("plan", "-q", "--portal-url", url, "--timeout", "1.5", RECONCILER_PORTAL_TOKEN="token")
    assert (run.code, run.err.splitlines()[0].startswith("error: ")) == (6, True)


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_a_timeout_is_a_number_of_seconds(folder: Program, seconds: str) -> None:
    assert folder("plan", "--timeout", seconds, RECONCILER_PORTAL_TOKEN="token").code == 64


def test_waiting_for_a_lease_names_who_holds_it(connected: Program, portal: Portal) -> None:
    writer = PortalWriter(Address(portal.url, portal.token("apply")))
    writer.take_lease(["customer:acme-medical"], 60, "another run", "run_other")
    run = connected("apply", "--yes", "--wait", "3")
    writer.close()
    assert run.code == 5
    assert re.search(r"^.*another run.*; trying again$", run.err, re.MULTILINE), run.err


def test_each_v_says_more_and_debug_the_headers_without_the_token(connected: Program) -> None:
    token = connected.environment["RECONCILER_PORTAL_TOKEN"]
    runs = [connected("plan", *flags) for flags in ([], ["-v"], ["-vv"], ["--debug"])]
    none, some, more, most = (run.err.splitlines() for run in runs)
    assert len({run.out for run in runs}) == 1
    assert not [line for line in none if "request" in line]
    assert [line for line in some if re.fullmatch(r"1 request in [0-9.]+ s", line)]
    assert [line for line in more if re.fullmatch(r"GET http://.*/api/v1/snapshot: 200 in [0-9.]+ s", line)]
    assert [line for line in more if re.fullmatch(r"making the plan: [0-9.]+ s", line)]
    assert "  > user-agent: reconciler" in most
    assert len(none) < len(some) < len(more) < len(most)
    assert not [run for run in runs if token in run.out + run.err]


def test_debug_shows_the_traceback_of_an_error(folder: Program) -> None:
    flags = ("--portal-url", "http://127.0.0.1:9")
    run = folder("plan", "--debug", *flags, RECONCILER_PORTAL_TOKEN="a-secret-token")
    assert run.code == 6
    assert "Traceback (most recent call last):" in run.err
    assert "a-secret-token" not in run.err
    assert "Traceback" not in folder("plan", *flags, RECONCILER_PORTAL_TOKEN="token").err


def test_doctor_shows_the_tokens_scope_owner_and_end(connected: Program, portal: Portal) -> None:
    def line(secret: str) -> str:
        run = connected("doctor", RECONCILER_PORTAL_TOKEN=secret)
        assert run.code == 0, run.out
        (token,) = [line for line in run.out.splitlines() if line.split()[1:2] == ["token"]]
        return token

    bound = create_token(portal.database, "apply", "t", "2027-03-31", "acme-translations")
    assert "scope apply, for the owner 'acme-translations', works until 2027-03-31" in line(bound)
    assert "scope read (plan works, apply does not), for any owner, works until" in line(portal.token("read"))
    other = create_token(portal.database, "apply", "t", "30", "somebody-else")
    run = connected("doctor", RECONCILER_PORTAL_TOKEN=other)
    assert "WARN owner      portal.yaml has 'acme-translations', and the token writes for 'somebody-else'" in run.out


@pytest.mark.parametrize(
    "case", ["no portal", "no token", "files", "customers", "token", "scope", "away", "other portal"]
)
def test_doctor_ends_with_the_code_of_a_plan(connected: Program, portal: Portal, case: str) -> None:
    settle(connected)
    assert connected("doctor").code == connected("plan").code == 0
    environment = {"RECONCILER_PORTAL_URL": portal.url, "RECONCILER_PORTAL_TOKEN": portal.token("read")}
    book = connected.root / "portal.yaml"
    match case:
        case "no portal":
            environment["RECONCILER_PORTAL_URL"] = ""
        case "no token":
            environment["RECONCILER_PORTAL_TOKEN"] = ""
        case "files":
            book.write_text("owner: 1\n", encoding="utf-8")
        case "customers":
            connected.git("rm", "-rq", "customers")
        case "token":
            environment["RECONCILER_PORTAL_TOKEN"] = "nobody"
        case "scope":
            environment["RECONCILER_PORTAL_TOKEN"] = portal.token("metrics")
        case "away":
            environment["RECONCILER_PORTAL_URL"] = "http://127.0.0.1:9"
        case "other portal":
            book.write_text(
                book.read_text(encoding="utf-8").replace("portal: null", "portal: another"), encoding="utf-8"
            )
    plan, doctor = connected("plan", **environment), connected("doctor", **environment)
    assert doctor.code == plan.code != 0, doctor.out
    assert "FAIL" in doctor.out
    # the first error is the one that the plan would name; what a token may not do differs
    failure = doctor.out.partition("FAIL")[2].split(maxsplit=1)[1].splitlines()[0]
    assert case in {"files", "scope"} or failure in plan.out + plan.err
