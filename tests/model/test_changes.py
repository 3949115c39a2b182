"""The id of a change: its meaning and nothing else."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.changes import (
    Cause,
    Change,
    Effects,
    Kind,
    Mail,
    MailKind,
    ObjectKind,
    ObjectRef,
    Target,
)
from reconciler.model.sentences import sentence
from reconciler.model.values import FieldChange

HEIR = ObjectRef("acme", "tom-lang", id="con_1", version=3)
REMOVAL = Change(
    Kind.REMOVE_CONTACT,
    ObjectKind.CONTACT,
    "acme",
    "jane-doe",
    sentence("test", "jane-doe leaves"),
    cause=Cause("customers/acme/removed/jane-doe.yaml", 1),
    effects=Effects(work_to=HEIR, open_work=2),
    target=Target("con_2", 7),
    reason="left",
)


def test_the_id_does_not_know_lines_versions_rows_or_how_much_work_was_open() -> None:
    same = replace(
        REMOVAL,
        cause=Cause("customers/acme/removed/jane-doe.yaml", 9),
        target=Target("con_9", 8),
        effects=Effects(
            mails=(Mail(MailKind.WORK_RECEIVED, "tom@acme.example", "en"),),
            work_to=replace(HEIR, version=4),
            open_work=5,
        ),
    )
    assert same.id == REMOVAL.id


def test_the_id_knows_whatever_happens_to_somebody() -> None:
    others = [
        replace(REMOVAL, contact="john-roe"),
        replace(REMOVAL, reason="duplicate"),
        replace(REMOVAL, other_end="beta/jane-doe"),
        replace(REMOVAL, effects=replace(REMOVAL.effects, work_to=ObjectRef("acme", "eva"))),
        replace(REMOVAL, target=replace(REMOVAL.target, life=2)),
        replace(REMOVAL, cause=replace(REMOVAL.cause, due=True)),
        replace(
            REMOVAL,
            effects=replace(REMOVAL.effects, mails=(Mail(MailKind.REJECTED, "x@acme.example", "en"),)),
        ),
        replace(REMOVAL, fields=(FieldChange("role", "manager", "observer"),)),
        replace(REMOVAL, cause=Cause()),
    ]
    assert len({change.id for change in [REMOVAL, *others]}) == len(others) + 1
