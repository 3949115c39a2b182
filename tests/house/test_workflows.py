"""The pipelines: what a machine can find wrong with them, and what it cannot."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

TOP = Path(__file__).parents[2]
FOLDER = TOP / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
BIN = Path(sys.executable).parent


def load(path: Path) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing() -> None:
    run(str(BIN / "zizmor"), "--offline", "--persona", "auditor", "--no-progress", str(FOLDER))


def test_the_forges_schemas_accept_them() -> None:
    check = str(BIN / "check-jsonschema")
    run(check, "--builtin-schema", "vendor.github-workflows", *map(str, WORKFLOWS))
    run(check, "--builtin-schema", "vendor.dependabot", str(FOLDER / "dependabot.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_nothing_is_trusted_that_need_not_be(path: Path) -> None:
    text, document = path.read_text(encoding="utf-8"), load(path)
    for used in re.findall(r"uses:\s*(\S+)", text):
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", used), f"{used} is not pinned by its commit"
    assert document["permissions"] == {}
    assert "pull_request_target" not in text
    for job in document["jobs"].values():
        assert "permissions" in job
        for step in job["steps"]:
            assert "${{" not in str(step.get("run", "")), f"{path.name}: an expression stands in a script"
            if "actions/checkout" in str(step.get("uses", "")):
                assert step["with"]["persist-credentials"] is False


def test_pull_requests_get_no_secrets() -> None:
    for path in WORKFLOWS:
        triggers = load(path)[True]  # YAML 1.1 reads the key `on` as a truth value
        if "pull_request" in triggers:
            assert "secrets." not in path.read_text(encoding="utf-8"), path.name


def test_applies_come_one_at_a_time_and_are_never_cancelled() -> None:
    text, document = (
        (FOLDER / "workflows" / "apply.yml").read_text(encoding="utf-8"),
        load(FOLDER / "workflows" / "apply.yml"),
    )
    assert document["concurrency"] == {"group": "apply", "cancel-in-progress": False}
    assert "cache:" not in text
    assert "actions/cache" not in text


@pytest.mark.parametrize("name", ["apply.yml", "plan.yml"])
def test_whatever_asks_git_who_descends_from_whom_has_the_whole_history(name: str) -> None:
    jobs = load(FOLDER / "workflows" / name)["jobs"].values()
    checkouts = [step for job in jobs for step in job["steps"] if "checkout" in str(step.get("uses"))]
    assert [step["with"]["fetch-depth"] for step in checkouts] == [0] * len(checkouts)


def test_the_plan_runs_our_code_on_their_data() -> None:
    document = load(FOLDER / "workflows" / "plan.yml")
    assert set(document[True]) == {"workflow_run"}
    text = (FOLDER / "workflows" / "plan.yml").read_text(encoding="utf-8")
    assert "git -C data checkout" not in text
    assert "default_branch" in text
