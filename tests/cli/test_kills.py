"""The real program, killed, stopped and doubled: no human is needed afterwards."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from reconciler.portal.commands import create_token, running
from tests.cli.conftest import Portal, Program
from tests.cli.proxy import Dropped, Proxy, proxied
from tests.cli.test_runs import settle

SOAK = "SOAK" in os.environ
POINTS = [(at, when) for at in (range(1, 13) if SOAK else (1, 2, 5, 12)) for when in ("before", "after")]


def ask(portal: Portal, question: str) -> list[Any]:
    connection = sqlite3.connect(portal.database.removeprefix("sqlite:///"), timeout=30)
    try:
        with connection:
            return connection.execute(question).fetchall()
    finally:
        connection.close()


def mails(portal: Portal) -> Counter[Any]:
    return Counter(ask(portal, 'SELECT kind, "to", language FROM outbox'))


def people(portal: Portal) -> list[Any]:
    question = """SELECT customers.external_key, contacts.external_key, contacts.life, email, role,
        contacts.status, contacts.owner FROM contacts JOIN customers ON customers.id = contacts.customer"""
    return sorted(ask(portal, question), key=repr)


def homeless_work(portal: Portal) -> list[Any]:
    return ask(
        portal,
        """SELECT requests.id FROM requests JOIN contacts ON contacts.id = requests.owner
        WHERE state IN ('quote_pending', 'quote_being_made', 'quoted', 'in_progress')
        AND (contacts.status NOT IN ('active', 'invited', 'link_expired') OR contacts.role = 'observer')""",
    )


def forget_leases(portal: Portal) -> None:
    """What a minute does to the lease of a run that was killed."""
    ask(portal, "DELETE FROM lease_scopes")
    ask(portal, "DELETE FROM leases")


@pytest.fixture
def goal(book: Program, demo_database: Path, tmp_path: Path) -> tuple[Counter[Any], list[Any]]:
    """Mails and people after a run that nothing happened to; it sent the mails of the plan's lines, each once."""
    path = tmp_path / "calm.sqlite"
    path.write_bytes(demo_database.read_bytes())
    portal = Portal("", f"sqlite:///{path}", lambda scope: create_token(f"sqlite:///{path}", scope, "token"))
    with running(portal.database) as url:
        before, token = mails(portal), portal.token("apply")
        options = ("--yes", "-q", "--format", "json")
        run = book("apply", *options, RECONCILER_PORTAL_URL=url, RECONCILER_PORTAL_TOKEN=token)
        assert run.code == 4, run.err
        assert mails(portal) - before == planned_mails(run.out)
        return mails(portal), people(portal)


def planned_mails(outcome: str) -> Counter[Any]:
    """The mails in the lines of the groups that were applied."""
    groups = [group for group in json.loads(outcome)["groups"] if group["status"] == "applied"]
    found = [mail for group in groups for change in group["changes"] for mail in change["effects"]["mails"]]
    return Counter((mail["kind"], mail["to"], mail["language"]) for mail in found)


@pytest.mark.parametrize(("at", "when"), POINTS)
def test_killed_at_a_request_and_run_again_it_ends_as_if_nothing_had_happened(
    connected: Program, portal: Portal, goal: tuple[Counter[Any], list[Any]], at: int, when: str
) -> None:
    with proxied(portal.url) as proxy:
        connected.environment["RECONCILER_PORTAL_URL"] = proxy.url
        process = connected.start("apply", "--yes", "-q", "--parallelism", "1")

        def kill(_method: str, _path: str) -> None:
            if len(proxy.writes) == at:
                process.kill()
                raise Dropped

        setattr(proxy, when, kill)
        process.communicate(timeout=180)
        assert process.returncode in {-signal.SIGKILL, 4}
        assert homeless_work(portal) == []
        proxy.before = proxy.after = lambda _method, _path: None
        forget_leases(portal)
        again = connected("apply", "--yes", "-q")
        assert again.code == 4, again.err
    assert homeless_work(portal) == []
    assert (mails(portal), people(portal)) == goal


def test_two_runs_at_once_one_works_and_the_other_ends_with_5(connected: Program, portal: Portal) -> None:
    with proxied(portal.url) as proxy:
        connected.environment["RECONCILER_PORTAL_URL"] = proxy.url
        proxy.before = lambda _method, path: time.sleep(4) if path.endswith("/batches") else None
        first = connected.start("apply", "--yes", "-q")
        deadline = time.monotonic() + 30
        while not any(write.endswith("/batches") for write in proxy.writes) and time.monotonic() < deadline:
            time.sleep(0.05)
        second = connected("apply", "--yes", "-q")
        assert second.code == 5, second.out
        assert "is held by" in second.err
        out, err = first.communicate(timeout=180)
    assert first.returncode == 4, out + err


def test_two_runs_on_different_customers_both_work(connected: Program) -> None:
    customers = ("saint-aurele", "moulin-vasseur")
    calls = [connected.start("apply", "--yes", "-q", "--customer", customer) for customer in customers]
    outs = [call.communicate(timeout=180) for call in calls]
    assert [call.returncode for call in calls] == [0, 0], outs


def test_a_customer_whose_service_is_not_there_yet_waits_for_it(connected: Program) -> None:
    run = connected("apply", "--yes", "-q", "--customer", "sidra-labs")
    assert run.code == 5, run.out
    assert "held back  sidra-labs (5 changes): waits-for-service" in run.out


def test_a_run_that_was_stopped_beyond_its_lease_is_fenced(connected: Program, portal: Portal) -> None:
    settle(connected)
    with proxied(portal.url) as proxy:
        connected.environment["RECONCILER_PORTAL_URL"] = proxy.url
        process = connected.start("apply", "--yes", "-q", "--parallelism", "1")
        _stop_at_first_batch(proxy, process.pid, portal)
        out, err = process.communicate(timeout=180)
    assert process.returncode == 5, out + err
    assert "Nothing was changed." in out
    assert mails(portal) == Counter(ask(portal, "SELECT kind, \"to\", language FROM outbox WHERE state = 'sent'"))


def _stop_at_first_batch(proxy: Proxy, pid: int, portal: Portal) -> None:
    stopped: list[str] = []

    def stop(_method: str, path: str) -> None:
        if path.endswith("/batches") and not stopped:
            stopped.append(path)
            os.kill(pid, signal.SIGSTOP)
            forget_leases(portal)
            ask(portal, "UPDATE portal SET fence = fence + 1")
            os.kill(pid, signal.SIGCONT)

    proxy.before = stop


def test_interrupted_between_two_customers_it_says_what_is_done(connected: Program, portal: Portal) -> None:
    with proxied(portal.url) as proxy:
        connected.environment["RECONCILER_PORTAL_URL"] = proxy.url
        process = connected.start("apply", "--yes", "-q", "--parallelism", "1")

        def interrupt(_method: str, path: str) -> None:
            batches = [write for write in proxy.writes if write.endswith("/batches")]
            if path.endswith("/batches") and len(batches) == 3:
                process.send_signal(signal.SIGTERM)
                time.sleep(0.3)

        proxy.after = interrupt
        out, err = process.communicate(timeout=180)
    assert process.returncode == 143, out + err
    assert out.count("  applied ") == 3
    assert "  not tried " in out
    assert proxy.writes[-1].startswith("DELETE /api/v1/leases/")
    assert connected("apply", "--yes", "-q", RECONCILER_PORTAL_URL=portal.url).code == 4
