"""What the README promises, word for word, with the real program against a real portal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.conftest import Portal, Program
from tests.cli.proxy import proxied
from tests.cli.test_runs import settle

TOP = Path(__file__).parents[2]
HAVBRIS = "customers/havbris-sjomat/contacts"
READING = (
    "validate", "plan", "plan --format json", "plan --format markdown --redact", "plan --since HEAD",
    "plan --customer acme-medical", "plan --allow-removals 4 --allow-mails 15", "drift", "drift --format json", "doctor",
    "explain", "schema --check",
)  # fmt: skip


def rename(program: Program, name: str) -> None:
    path = program.root / HAVBRIS / "solveig-nytroen.yaml"
    path.write_text(f"name: {name}\nemail: solveig.nytroen@havbris.example\nrole: observer\n", encoding="utf-8")


def test_no_command_that_looks_sends_anything_but_get(connected: Program, portal: Portal) -> None:
    with proxied(portal.url) as proxy:
        connected.environment["RECONCILER_PORTAL_URL"] = proxy.url
        assert {connected(*command.split()).code for command in READING} <= {0, 2, 4, 5}
    assert proxy.writes == []


def test_removing_three_of_six_people_takes_the_exact_number(connected: Program) -> None:
    settle(connected)
    assert connected("apply", "--yes").code == 0
    for name in ("kare-sjoli", "mads-holm", "solveig-nytroen"):
        (connected.root / HAVBRIS / f"{name}.yaml").unlink()
    connected.commit("three leave")
    refused = connected("apply", "--yes")
    assert refused.code == 4
    assert (
        "refused: havbris-sjomat: 3 of 6 people lose access or power; the limit is 2 "
        "(below 10 people at most 2) [too-many-removals]\n"
        "  hint: if this is intended, apply with --allow-removals 3\n"
    ) in refused.out
    wrong = connected("apply", "--yes", "--allow-removals", "4")
    assert (wrong.code, "takes access or power from 3 people; nothing was changed" in wrong.out) == (4, True)
    assert connected("apply", "--yes", "--allow-removals", "3").code == 0
    assert "No changes to make." in connected("plan").out


def test_an_older_commit_is_refused_after_a_newer_one_and_so_is_a_history_cut_off(connected: Program) -> None:
    settle(connected)
    older = connected.git("rev-parse", "HEAD").strip()
    rename(connected, "Solveig Berg")
    newer = connected.commit("a new name")
    assert connected("apply", "--yes").code == 0
    connected.git("checkout", "-q", older)
    again = connected("apply", "--yes")
    assert again.code == 4
    said = f"havbris-sjomat was last applied from commit {newer[:12]}, which {older[:12]} does not descend from"
    assert said in again.out
    connected.git("checkout", "-q", "main")
    rename(connected, "Solveig Lie")
    connected.commit("another name")
    shutil.move(connected.root, connected.root.with_name("whole"))
    connected.root.mkdir()
    connected.git("clone", "-q", "--depth", "1", f"file://{connected.root.with_name('whole')}", ".")
    shallow = connected("apply", "--yes")
    assert (shallow.code, "fetch-depth: 0" in shallow.out) == (4, True)


def test_a_rewritten_history_is_shown_by_the_plan_and_settled_by_one_apply(connected: Program) -> None:
    settle(connected)
    assert connected("apply", "--yes").code == 0
    old = connected.git("rev-parse", "HEAD").strip()
    connected.git("checkout", "-q", "--orphan", "clean")
    connected.commit("the history was filtered")
    plan = connected("plan")
    assert (plan.code, f"--allow-rollback={old[:12]}" in plan.out) == (0, True)
    assert connected("apply", "--yes", "--allow-rollback").code == 64
    settled = connected("apply", "--yes", f"--allow-rollback={old[:12]}")
    assert (settled.code, "the history of havbris-sjomat continues at commit" in settled.err + settled.out) == (0, True)
    assert "older-commit" not in connected("plan").out
    rename(connected, "Solveig Berg")
    connected.commit("a new name")
    assert connected("apply", "--yes").code == 0


def test_an_old_job_brings_no_retired_service_and_no_old_price_back(connected: Program, portal: Portal) -> None:
    settle(connected)
    book = connected.root / "portal.yaml"
    text = book.read_text(encoding="utf-8")
    book.write_text(text.replace("services:\n", "services:\n  sworn:\n    name: Sworn\n", 1), encoding="utf-8")
    older = connected.commit("a service more")
    assert connected("apply", "--yes").code == 0
    book.write_text(text.replace('"0.14"', '"0.15"'), encoding="utf-8")
    newer = connected.commit("another price, and the service is retired")
    assert connected("apply", "--yes").code == 0

    def catalogue() -> list[Any]:
        header = {"Authorization": f"Bearer {portal.token('read')}"}
        paths = ("services?limit=200", "settings")
        return [httpx.get(f"{portal.url}/api/v1/{path}", headers=header).json() for path in paths]

    before = [catalogue()[0]["items"], catalogue()[1]]
    assert before[1]["last_commits"] == {"acme-translations": newer}
    connected.git("checkout", "-q", older)
    again = connected("apply", "--yes")
    said = f"settings and services were last applied from commit {newer[:12]}, which {older[:12]} does not descend from"
    assert again.code == 4
    assert [f"service {key}: {said}" in again.out for key in ("sworn", "standard")] == [True, True]
    assert [catalogue()[0]["items"], catalogue()[1]] == before


def test_a_customer_that_is_nowhere_is_wrong_usage(connected: Program) -> None:
    for command in (["plan"], ["apply", "--yes"]):
        run = connected(*command, "--customer", "acme-medcal")
        assert (run.code, run.out, "did you mean 'acme-medical'?" in run.err) == (64, "", True)


def test_drift_says_nothing_about_what_the_files_would_change(connected: Program) -> None:
    out = connected("drift").out
    assert out.endswith("1 portal edit waits for reconciler pull.\n")
    assert "No changes" not in out


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as the wheel holds it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, check=True).stdout.split(b"\0"):
        path = os.fsdecode(name)
        if path and not path.startswith("tests/") and (TOP / path).is_file():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / path, source / path)
    own = source / "customers" / "a-real-customer" / "customer.yaml"
    own.parent.mkdir()
    own.write_text("name: A customer of whoever builds the wheel\n", encoding="utf-8")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_brings_the_schemas_and_the_demo_runs_from_any_folder(installed: Path, tmp_path: Path) -> None:
    package = installed / "reconciler"
    schemas = {path.name: path.read_bytes() for path in (TOP / "schemas").iterdir()}
    assert {path.name: path.read_bytes() for path in (package / "_shipped" / "schemas").iterdir()} == schemas
    assert (package / "py.typed").is_file()
    assert not list(installed.rglob("a-real-customer"))
    program = Program(tmp_path, {"PYTHONPATH": str(installed)})
    where = subprocess.run(
        [sys.executable, "-c", "import reconciler; print(reconciler.__file__)"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(installed)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(where.stdout.strip()).is_relative_to(installed)
    run = program("demo", TMPDIR=str(tmp_path))
    assert (run.code, list(tmp_path.iterdir())) == (0, []), run.err
