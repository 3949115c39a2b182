"""The mark of a change: the one character at the head of its line, and what it counts as."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, assert_never

from reconciler.model.changes import Change, Kind
from reconciler.reports.style import Tone


class Mark(StrEnum):
    """The characters at the head of a line."""

    ADD = "+"
    CHANGE = "~"
    REMOVE = "-"
    ALARM = "!"
    WORK = ">"
    MAIL = "@"
    SAME = "="
    EDIT = "?"


LEGEND: Final = {
    Mark.ADD: "add",
    Mark.CHANGE: "change",
    Mark.REMOVE: "remove",
    Mark.ALARM: "power, access",
    Mark.WORK: "work goes to",
    Mark.MAIL: "mail",
    Mark.SAME: "no effect",
    Mark.EDIT: "portal edit",
}

TONES: Final = {
    Mark.ADD: Tone.ADD,
    Mark.CHANGE: Tone.CHANGE,
    Mark.REMOVE: Tone.REMOVE,
    Mark.ALARM: Tone.ALARM,
    Mark.WORK: Tone.CHANGE,
    Mark.MAIL: Tone.QUIET,
    Mark.SAME: Tone.QUIET,
    Mark.EDIT: Tone.CHANGE,
}


def mark(change: Change) -> Mark:
    """The mark of a change; to adopt without changing a field and to record have no effect on people."""
    match change.kind:
        case (
            Kind.CREATE_CUSTOMER
            | Kind.RESTORE_CUSTOMER
            | Kind.CREATE_CONTACT
            | Kind.APPROVE_REGISTRATION
            | Kind.RESTORE_CONTACT
            | Kind.CREATE_SERVICE
        ):
            return Mark.ADD
        case Kind.ARCHIVE_CUSTOMER | Kind.REMOVE_CONTACT | Kind.REJECT_REGISTRATION | Kind.REMOVE_SERVICE:
            return Mark.REMOVE
        case (
            Kind.UPDATE_CUSTOMER
            | Kind.RENAME_CUSTOMER
            | Kind.RELEASE_CUSTOMER
            | Kind.UPDATE_CONTACT
            | Kind.CHANGE_ROLE
            | Kind.CHANGE_EMAIL
            | Kind.RENAME_CONTACT
            | Kind.RELEASE_CONTACT
            | Kind.UPDATE_SERVICE
            | Kind.RENAME_SERVICE
            | Kind.UPDATE_SETTINGS
        ):
            return Mark.CHANGE
        case Kind.ADOPT_CUSTOMER | Kind.ADOPT_CONTACT | Kind.ADOPT_SERVICE | Kind.ADOPT_SETTINGS:
            return Mark.CHANGE if change.fields else Mark.SAME
        case Kind.HAND_OVER_WORK:
            return Mark.WORK
        case Kind.RECORD:
            return Mark.SAME
    assert_never(change.kind)


def counts_as(change: Change) -> Mark | None:
    """What the summary counts a change as: an adoption is a change, a handover is told as its work."""
    match change.kind:
        case Kind.ADOPT_CUSTOMER | Kind.ADOPT_CONTACT | Kind.ADOPT_SERVICE | Kind.ADOPT_SETTINGS:
            return Mark.CHANGE
        case Kind.HAND_OVER_WORK | Kind.RECORD:
            return None
        case _:
            return mark(change)
