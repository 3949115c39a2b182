"""The symbol of a change: the first character of its line, and how the summary counts it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, assert_never

from reconciler.model.changes import Change, Kind
from reconciler.reports.style import Tone


class Symbol(StrEnum):
    """The first characters of lines."""

    ADD = "+"
    CHANGE = "~"
    REMOVE = "-"
    ALARM = "!"
    WORK = ">"
    MAIL = "@"
    SAME = "="
    EDIT = "?"


LEGEND: Final = {
    Symbol.ADD: "add",
    Symbol.CHANGE: "change",
    Symbol.REMOVE: "remove",
    Symbol.ALARM: "power, access",
    Symbol.WORK: "work goes to",
    Symbol.MAIL: "mail",
    Symbol.SAME: "no effect",
    Symbol.EDIT: "portal edit",
}

TONES: Final = {
    Symbol.ADD: Tone.ADD,
    Symbol.CHANGE: Tone.CHANGE,
    Symbol.REMOVE: Tone.REMOVE,
    Symbol.ALARM: Tone.ALARM,
    Symbol.WORK: Tone.CHANGE,
    Symbol.MAIL: Tone.QUIET,
    Symbol.SAME: Tone.QUIET,
    Symbol.EDIT: Tone.CHANGE,
}


def symbol_of(change: Change) -> Symbol:
    """Return the symbol of a change; adopting without changing a field, and recording, have no
    effect on people.
    """
    match change.kind:
        case (
            Kind.CREATE_CUSTOMER
            | Kind.RESTORE_CUSTOMER
            | Kind.CREATE_CONTACT
            | Kind.APPROVE_REGISTRATION
            | Kind.RESTORE_CONTACT
            | Kind.CREATE_SERVICE
        ):
            return Symbol.ADD
        case (
            Kind.ARCHIVE_CUSTOMER
            | Kind.REMOVE_CONTACT
            | Kind.REJECT_REGISTRATION
            | Kind.REMOVE_SERVICE
        ):
            return Symbol.REMOVE
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
            | Kind.REBASE_HISTORY
        ):
            return Symbol.CHANGE
        case (
            Kind.ADOPT_CUSTOMER
            | Kind.ADOPT_CONTACT
            | Kind.ADOPT_SERVICE
            | Kind.ADOPT_SETTINGS
        ):
            return Symbol.CHANGE if change.fields else Symbol.SAME
        case Kind.HAND_OVER_WORK:
            return Symbol.WORK
        case Kind.RECORD:
            return Symbol.SAME
    assert_never(change.kind)


def counts_as(change: Change) -> Symbol | None:
    """Return how the summary counts a change: an adoption is a change, a handover counts as its
    requests.
    """
    match change.kind:
        case (
            Kind.ADOPT_CUSTOMER
            | Kind.ADOPT_CONTACT
            | Kind.ADOPT_SERVICE
            | Kind.ADOPT_SETTINGS
        ):
            return Symbol.CHANGE
        case Kind.HAND_OVER_WORK | Kind.RECORD:
            return None
        case _:
            return symbol_of(change)
