"""The tables of the portal's README hold what the code declares, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import reconciler.portal
from reconciler.portal.actions.operations import AnyOperation
from reconciler.portal.mail.kinds import MailKind
from reconciler.portal.rules.problems import STATUS
from reconciler.portal.rules.requests import EVENTS
from reconciler.portal.uploads.words import Reason

README = (Path(reconciler.portal.__file__).parent / "README.md").read_text(encoding="utf-8")


def rows(head: str) -> list[list[str]]:
    """The cells of the table that begins with this head."""
    table = README.split(head, 1)[1].split("\n\n", 1)[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("| `")
    ]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_type_of_problem_is_listed_with_its_status() -> None:
    listed: dict[str, int] = {}
    for types, statuses, *_ in rows("| `type` | status | when |"):
        names, numbers = named(types), [int(number) for number in statuses.split()]
        listed |= dict(zip(names, numbers * len(names) if len(numbers) == 1 else numbers, strict=False))
    assert listed == STATUS


def test_every_operation_of_a_batch_is_listed() -> None:
    operations = get_args(get_args(AnyOperation)[0])
    declared = {get_args(operation.model_fields["op"].annotation)[0] for operation in operations}
    assert {name for cells in rows("| `op` | its members") for name in named(cells[0])} == declared


def test_every_event_of_a_request_is_listed_with_its_mail() -> None:
    table = rows("| event | body |")
    people = {name for name, event in EVENTS.items() if event.operation is not None}
    assert {name for cells in table for name in named(cells[0])} == people
    assert {name for cells in table for name in named(cells[4])} <= set(MailKind)


def test_every_reason_why_a_person_has_to_count_is_listed() -> None:
    listed = README.split("where a person has to count and `uncounted` says why:", 1)[1].split(". ", 1)[0]
    assert listed.replace("`", " ").split() == list(get_args(Reason))
