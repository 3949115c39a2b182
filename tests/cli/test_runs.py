"""Commands against a real portal, as a person or a pipeline calls them."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reconciler.adapters.address import Address
from reconciler.adapters.writer import PortalWriter
from reconciler.model.changes import Kind
from reconciler.portal.actions import leases
from reconciler.portal.commands import create_token
from reconciler.shipped import schemas_folder
from tests.cli.conftest import Portal, Program
from tests.portal.servers import until

HELD = "No changes to make. 1 portal edit waits for reconciler pull. 1 change for 1 customer is held back.\n"
KIMURA = "customers/hibarino-seiki/removed/kimura-hiroshi.yaml"
TOBIAS = "customers/brackenfield/contacts/tobias-fenn.yaml"


def settle(book: Program) -> None:
    """The two decisions that the demo leaves to its reader."""
    farewell = book.root / KIMURA
    farewell.parent.mkdir(exist_ok=True)
    farewell.write_text("heir: suzuki-kenta\n", encoding="utf-8")
    tobias = book.root / TOBIAS
    tobias.write_text(tobias.read_text(encoding="utf-8").replace("language: de", "language: fr"), encoding="utf-8")
    book.commit("decide")


def test_the_demos_plan_shows_every_kind_and_holds_back_two_things(connected: Program) -> None:
    run = connected("plan", "--format", "json")
    plan = json.loads(run.out)
    assert {change["kind"] for change in plan["changes"]} == {str(kind) for kind in Kind} - {
        "adopt_settings",
        "adopt_service",
        "rebase_history",
    }
    assert {refusal["rule"] for refusal in plan["refusals"]} == {"no-heir", "conflict"}
    assert [edit["field"] for edit in plan["portal_edits"]] == ["role"]
    assert {thing["name"] for thing in plan["unmanaged"]} >= {"Ines Brandt", "Hugo Perret"}
    assert run.code == 4
    schema = json.loads((schemas_folder() / "plan.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(plan, schema)


def test_applying_leaves_only_what_is_held_back(connected: Program) -> None:
    first = connected("apply", "--yes")
    assert first.code == 4, first.err
    assert "Changed: " in first.out.splitlines()[-1]
    assert connected("plan").out.endswith(HELD)
    again = connected("apply", "--yes")
    assert "Changed" not in again.out
    settle(connected)
    assert connected("apply", "--yes").code == 0
    assert connected("plan", "--detailed-exitcode").code == 0


def test_a_second_apply_says_that_the_portal_matches(connected: Program, portal: Portal) -> None:
    settle(connected)
    george = connected.root / "customers/brackenfield/contacts/george-adeyemi.yaml"
    george.write_text(george.read_text(encoding="utf-8").replace("role: observer", "role: requester"), encoding="utf-8")
    connected.commit("take the edit over")
    run = connected("apply", "--yes")
    assert run.code == 0, run.out + run.err
    assert "No changes today. 1 departure is coming.\n" in connected("plan").out
    revision, head = _newest(portal)
    assert f"\nAudit head: {head}\n" in run.out
    assert "Changed: " in run.out.splitlines()[-1]
    assert connected("apply", "--yes").out == f"Audit head: {head}\n{connected('plan').out}"
    assert _newest(portal) == (revision, head)


def _newest(portal: Portal) -> tuple[int, str]:
    """The portal's revision, and the head of its audit feed."""
    connection = sqlite3.connect(portal.database.removeprefix("sqlite:///"))
    try:
        revision, head = connection.execute("SELECT revision, head FROM portal").fetchone()
        return int(revision), str(head)
    finally:
        connection.close()


def test_the_same_inputs_give_the_same_bytes_anywhere(connected: Program) -> None:
    plain = connected("plan", "--format", "json")
    other = connected("plan", "--format", "json", PYTHONHASHSEED="12345", LANG="C", TZ="Asia/Tokyo")
    assert plain.out == other.out


def test_a_removed_customers_folder_is_refused_and_never_a_removal(connected: Program) -> None:
    connected.git("rm", "-rq", "customers")
    connected.commit("gone")
    for command in (["plan"], ["apply", "--yes"]):
        run = connected(*command)
        assert run.code == 4
        assert "no customers/ folder found; refusing" in run.err


def test_what_is_not_committed_is_not_applied(connected: Program) -> None:
    (connected.root / KIMURA).parent.mkdir(exist_ok=True)
    (connected.root / KIMURA).write_text("heir: suzuki-kenta\n", encoding="utf-8")
    run = connected("apply", "--yes")
    assert (run.code, "kimura-hiroshi.yaml" in run.err) == (4, True)
    assert connected("apply", "--yes", "--allow-dirty").code == 5


def test_only_what_was_reviewed_is_carried_out(connected: Program) -> None:
    plan = connected.root.parent / "plan.json"
    assert connected("plan", "--out", str(plan)).code == 4
    niamh = connected.root / "customers/brackenfield/contacts/niamh-oconnell.yaml"
    niamh.write_text(niamh.read_text(encoding="utf-8").replace("Niamh", "Neve"), encoding="utf-8")
    connected.commit("after the review")
    run = connected("apply", "--yes", "--reviewed", str(plan))
    assert "stale      brackenfield" in run.out
    assert "applied    acme-medical" in run.out
    assert run.code == 4
    broken = json.loads(plan.read_text(encoding="utf-8"))
    broken["epoch"] = "another"
    plan.write_text(json.dumps(broken), encoding="utf-8")
    assert connected("apply", "--yes", "--reviewed", str(plan)).code == 4
    plan.write_text("{", encoding="utf-8")
    assert connected("apply", "--yes", "--reviewed", str(plan)).code == 4


def test_since_shows_only_what_a_pull_request_brings(connected: Program) -> None:
    anna = connected.root / "customers/acme-medical/contacts/claire-dumont.yaml"
    anna.write_text(anna.read_text(encoding="utf-8").replace("Claire", "Clara"), encoding="utf-8")
    connected.commit("a new name")
    run = connected("plan", "--since", "HEAD~1", "--format", "json")
    plan = json.loads(run.out)
    assert run.code == 0, run.out
    assert [(change["kind"], change["contact"]) for change in plan["changes"]] == [("update_contact", "claire-dumont")]
    assert plan["summary"]["earlier"] > 30
    assert connected("plan", "--since", "nowhere").code == 64


def test_a_redacted_plan_names_nobody(connected: Program) -> None:
    for form in ("text", "json", "markdown"):
        out = connected("plan", "--redact", "--format", form).out
        for secret in ("john.roe@", "Ines Brandt", "Niamh O", "Ada Quist", "amelie@"):
            assert secret not in out, (form, secret)


def test_the_policy_chooses_the_language_of_the_comment_and_of_nothing_else(connected: Program) -> None:
    book = connected.root / "portal.yaml"
    english = connected("plan", "--format", "markdown")
    book.write_text(book.read_text(encoding="utf-8").replace("  language: en ", "  language: de "), encoding="utf-8")
    connected.commit("a language")
    german = connected("plan", "--format", "markdown")
    assert "#### Power and access\n" in english.out
    assert "#### Befugnisse und Zugang\n" in german.out
    assert "warning" not in german.err
    assert "Power and access\n" in connected("plan").out
    messages = [change["message"] for change in json.loads(connected("plan", "--format", "json").out)["changes"]]
    assert "settings: offers.expire_after_days, policy.language" in messages


def test_drift_shows_edits_and_changes_nothing(connected: Program) -> None:
    run = connected("drift", "--detailed-exitcode")
    assert (run.code, "george-adeyemi role: observer → requester" in run.out) == (2, True)


def test_a_token_that_only_reads_cannot_apply(connected: Program, portal: Portal) -> None:
    connected.environment["RECONCILER_PORTAL_TOKEN"] = portal.token("read")
    assert connected("plan").code == 4
    run = connected("apply", "--yes")
    assert (run.code, "forbidden" in run.err or "may not" in run.err) == (8, True)
    connected.environment["RECONCILER_PORTAL_TOKEN"] = "nobody"
    assert connected("plan").code == 8


def test_a_token_comes_from_a_file_and_never_shows(connected: Program) -> None:
    file = connected.root.parent / "token"
    file.write_text(connected.environment.pop("RECONCILER_PORTAL_TOKEN") + "\n", encoding="utf-8")
    file.chmod(0o644)
    run = connected("plan", "--token-file", str(file), "-v")
    assert (run.code, "is readable by other users" in run.err) == (4, True)
    assert file.read_text(encoding="utf-8").strip() not in run.out + run.err


def test_doctor_finds_everything_well(connected: Program) -> None:
    run = connected("doctor")
    assert (run.code, "FAIL" in run.out) == (0, False)
    assert "complete: " in run.out
    del connected.environment["RECONCILER_PORTAL_URL"]
    assert connected("doctor").code == connected("plan").code == 64


@pytest.mark.parametrize(("expires", "warned"), [("7", True), ("9", False)])
def test_doctor_warns_a_week_before_the_token_ends(
    connected: Program, portal: Portal, expires: str, warned: bool
) -> None:
    connected.environment["RECONCILER_PORTAL_TOKEN"] = create_token(portal.database, "read", "t", expires)
    run = connected("doctor")
    (line,) = [line for line in run.out.splitlines() if line.split()[1:2] == ["token"]]
    assert (run.code, line.startswith("WARN" if warned else "ok  ")) == (0, True)
    assert ("hint: create a new token with reconciler portal token" in run.out) is warned


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_waiting_for_a_lease_ends_at_once(
    connected: Program, portal: Portal, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims: list[object] = []
    take = leases.take

    def noting(work: Any, claim: Any, ttl_s: float) -> Any:
        claims.append(claim)
        return take(work, claim, ttl_s)

    monkeypatch.setattr(leases, "take", noting)
    writer = PortalWriter(Address(portal.url, portal.token("apply")))
    writer.take_lease(["customer:acme-medical"], 60, "another run", "run_other")
    refused = connected("apply", "--yes")
    assert (refused.code, "another run" in refused.err) == (5, True)
    assert connected("apply", "--yes", "--wait", "nan").code == 5
    process = connected.start("apply", "--yes", "--quiet", "--wait", "60")
    asked_before = len(claims)
    until(lambda: len(claims) > asked_before + 1)  # it waits, and has asked a second time
    process.send_signal(number)
    out, err = process.communicate(timeout=180)
    assert process.returncode == 128 + number, out + err
    assert "Nothing was changed." in out
    writer.close()


def test_the_demo_ends_by_itself_and_leaves_nothing(tmp_path: Path) -> None:
    run = Program(tmp_path)("demo", TMPDIR=str(tmp_path))
    assert run.code == 0, run.err
    assert HELD in run.out
    assert "Next steps" in run.out
    assert [path.name for path in tmp_path.iterdir()] == []


def test_a_kept_demo_can_be_played_with(tmp_path: Path) -> None:
    run = Program(tmp_path)("demo", "--keep", "tour")
    assert run.code == 0
    assert (tmp_path / "tour" / "portal.sqlite").is_file()
    assert Program(tmp_path)("validate", "--root", "tour/book").code == 0
    assert Program(tmp_path)("demo", "--keep", "tour").code == 64


def test_drift_works_where_there_are_no_files_yet(connected: Program) -> None:
    shutil.rmtree(connected.root / "customers")
    without_customers = connected("drift", "--format", "json", "--detailed-exitcode")
    (connected.root / "portal.yaml").unlink()
    empty = connected("drift", "--format", "json", "--detailed-exitcode")
    for run in (without_customers, empty):
        assert run.code == 0, run.err
        assert {row["name"] for row in json.loads(run.out)["unmanaged"]} >= {"Ines Brandt", "Hugo Perret"}
    assert connected("plan").code == connected("apply", "--yes").code == 4
