"""The page for whoever runs a portal says what is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reconciler.cli.commands.portal import portal
from reconciler.portal.actions.outbox import RETENTION_DAYS, RETRY_AFTER_MINUTES
from reconciler.portal.actions.tokens import DAYS, MAX_DAYS
from reconciler.portal.actions.uploads import UNUSED_HOURS
from reconciler.portal.app import create_app
from reconciler.portal.pages.forms.multipart_parsing import MAX_BYTES
from reconciler.portal.server.connections import HEAD_WITHIN_S, READ_WITHIN_S
from reconciler.portal.server.process import FINISH_WITHIN_S, STOP_WITHIN_S
from reconciler.portal.store.store import Store
from reconciler.portal.uploads.vault import MAX_FILE_BYTES
from reconciler.portal.web.request_limits import MAX_CONNECTIONS, MAX_HEAD_BYTES, TRAFFIC_LIMITS
from tests.portal.harness import Api

PAGE = (Path(__file__).parents[2] / "reconciler" / "portal" / "RUNNING.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"reconciler portal ([a-z]+)", PAGE))))
def test_commands_and_flags_of_the_page_are_there(name: str) -> None:
    text = CliRunner().invoke(portal, [name, "--help"]).output
    calls = re.findall(rf"reconciler portal {name} ((?:.|\\\n)*?)\n", PAGE)
    flags = {flag for call in calls for flag in re.findall(r"--[a-z-]+", call)}
    assert [flag for flag in flags if flag not in text] == []


def test_flags_paths_and_variables_in_its_sentences_are_there(store: Store) -> None:
    helps = "".join(CliRunner().invoke(portal, [name, "--help"]).output for name in portal.commands)
    for flag in re.findall(r"`(--[a-z-]+)`", PAGE):
        assert flag in helps
    for variable in re.findall(r"RECONCILER_PORTAL_[A-Z_]+", PAGE):
        assert variable in helps, variable
    paths = {getattr(route, "path", "") for route in create_app(store).routes}
    assert {"/healthz", "/readyz", "/metrics", "/api/v1/outbox/{id}/retry"} <= paths


def test_figures_of_the_page_are_there(api: Api) -> None:
    text = api.get("http://testserver/metrics").text
    for figure in set(re.findall(r"portal_[a-z_]+", PAGE)) - {"portal_reconciler"}:  # the wheel
        assert figure in text


def test_numbers_of_the_page_are_those_of_the_program() -> None:
    numbers: list[tuple[Any, str]] = [
        (HEAD_WITHIN_S, "waits 12 seconds for"), (TRAFFIC_LIMITS.body.max_pause_s, "12 seconds while nothing"), (TRAFFIC_LIMITS.body.min_bytes_per_s, "64 KiB per second"),
        (TRAFFIC_LIMITS.file.max_pause_s, "pauses of 30 seconds"), (TRAFFIC_LIMITS.file.min_bytes_per_s, "8 KiB per second"), (MAX_HEAD_BYTES, "at most 64 KiB"),
        (READ_WITHIN_S, "for five minutes"), (MAX_CONNECTIONS, "serves 400 connections"), (RETENTION_DAYS, "Thirty days after"),
        (MAX_FILE_BYTES, "a file may have at most 100 MB"), (MAX_BYTES, "up to 512 MiB"), (STOP_WITHIN_S, "within ten seconds"), (FINISH_WITHIN_S, "more than seven seconds"), (RETRY_AFTER_MINUTES[:3], "after 1, 5, 15 minutes"),
        (sum(RETRY_AFTER_MINUTES), "nearly three days"),
    ]  # fmt: skip
    assert [each[0] for each in numbers] == [
        12, 12, 65536, 30, 8192, 65536, 300, 400, 30, 104857600, 536870912, 10, 7, (1, 5, 15), 3921,
    ]  # fmt: skip
    text = " ".join(PAGE.split())
    assert [sentence for _, sentence in numbers if sentence not in text] == []
    let_through = [int(mebibytes) for mebibytes in re.findall(r"client_max_body_size (\d+)m;", PAGE)]
    assert [mebibytes * 1024 * 1024 > MAX_BYTES for mebibytes in let_through] == [True]
    assert MAX_FILE_BYTES / TRAFFIC_LIMITS.file.min_bytes_per_s / 3600 == pytest.approx(3.5, abs=0.1)
    assert MAX_BYTES / TRAFFIC_LIMITS.file.min_bytes_per_s < UNUSED_HOURS * 3600, "what is still coming is swept away"
    assert [option.default for option in portal.commands["serve"].params if option.name == "connections"] == [
        MAX_CONNECTIONS
    ]
    assert [option.default for option in portal.commands["token"].params if option.name == "expires"] == [str(DAYS)]
    assert f"The default is {DAYS} days, the maximum {MAX_DAYS}." in text
