"""Actions of the history and wordings of mails are named by their enums, and each of them is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import reconciler.portal
from reconciler.portal.mail.kinds import MailKind, Wording
from reconciler.portal.rules.audit import AuditAction
from reconciler.portal.rules.complete_tables import require_all
from reconciler.portal.rules.roles import Role

FOLDER = Path(reconciler.portal.__file__).parent
OPERATIONS = (FOLDER / "actions" / "operations.py").read_text(encoding="utf-8")
PLACE = {
    "audit": 0,
    "mail_contact": 1,
    "queue_mail": 1,
    "compose_mail": 1,
    "mail_owner": 1,
    "mail_project_managers": 1,
}
"""The functions that take an action or a wording, and the position of that argument."""


def calls() -> Iterator[tuple[str, ast.expr]]:
    """The place of every call of these functions, and its action or wording."""
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
                if name in PLACE and len(node.args) > PLACE[name]:
                    yield f"{path.relative_to(FOLDER)}:{node.lineno}", node.args[PLACE[name]]


def test_no_audit_action_and_no_wording_is_a_bare_string() -> None:
    named = list(calls())
    assert len(named) > 60
    texts = {*AuditAction, *MailKind, *Wording}
    for place, argument in named:
        bare = isinstance(argument, ast.JoinedStr) or (isinstance(argument, ast.Constant) and argument.value in texts)
        assert not bare, f"{place}: {ast.unparse(argument)} is a member of AuditAction or of Wording"


@pytest.mark.parametrize("members", [AuditAction, Wording, MailKind])
def test_every_member_is_used(members: type[AuditAction] | type[Wording] | type[MailKind]) -> None:
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.py") if path.name != "rendering.py"]
    used = set(re.findall(rf"\b{members.__name__}\.([A-Z_]+)", "\n".join(texts)))
    operations = {name for name, member in AuditAction.__members__.items() if f'"{member}"' in OPERATIONS}
    assert set(members.__members__) <= used | operations


def test_a_table_that_lacks_a_member_is_no_table() -> None:
    with pytest.raises(LookupError, match="no entry for manager, observer"):
        require_all({Role.REQUESTER: 1}, Role)
