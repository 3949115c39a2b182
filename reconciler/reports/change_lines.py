"""A plan as lines with symbols, customer by customer: shared by the text and the Markdown
report.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import assert_never

from reconciler.model.changes import Cause, Change, Kind, Mail, MailKind
from reconciler.model.keys import display
from reconciler.model.plan import (
    Departure,
    Group,
    Plan,
    PortalEdit,
    Refusal,
    Unmanaged,
    Warning,
)
from reconciler.model.values import FieldChange
from reconciler.reports.capabilities import format_move
from reconciler.reports.formatting import count_noun, escape, escape_sentence, format_value
from reconciler.reports.symbols import Symbol, symbol_of

# The number of unmanaged people of one customer who are named; the rest is only counted.
SHOWN_UNMANAGED = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its symbol, its text, and whether it is a detail of the line above it."""

    symbol: Symbol
    text: str
    is_detail: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """The lines of one customer, or of settings and services (`portal`)."""

    title: str
    notes: tuple[str, ...]
    lines: tuple[Line, ...]


def sections(plan: Plan) -> tuple[Section, ...]:
    """Return the plan's changes by customer: the portal's own first, then by key, each in the
    plan's order.
    """
    by_customer: dict[str, list[tuple[Group, Change]]] = {}
    for group in plan.groups:
        for change in group.changes:
            by_customer.setdefault(change.customer or "", []).append((group, change))
    return tuple(_section(key, by_customer[key]) for key in sorted(by_customer))


def _section(customer: str, pairs: list[tuple[Group, Change]]) -> Section:
    groups = list(dict.fromkeys(id(group) for group, _ in pairs))
    group = pairs[0][0]
    linked_customers = (
        [key for key in group.customers if key != customer] if customer else []
    )
    held_back_by = sorted(
        {rule for member_group, _ in pairs for rule in member_group.held_back}
    )
    notes = [
        *(
            [f"together with {', '.join(escape(key) for key in linked_customers)}"]
            if linked_customers and len(groups) == 1
            else []
        ),
        *([f"held back: {', '.join(held_back_by)}"] if held_back_by else []),
    ]
    shown_changes = [
        change for _, change in pairs if change.kind is not Kind.RECORD or change.fields
    ]
    records = len(pairs) - len(shown_changes)
    lines = [line for change in shown_changes for line in change_lines(change)]
    if records:
        lines.append(
            Line(Symbol.SAME, f"{count_noun(records, 'base')} to record, without effect")
        )
    return Section(escape(customer) if customer else "portal", tuple(notes), tuple(lines))


def change_lines(change: Change) -> Iterator[Line]:
    """Yield a change's line and its details: fields, work, mails."""
    yield Line(
        symbol_of(change),
        f"{escape_sentence(change.message)}  ({escape(cause_text(change.cause, change.customer))})",
    )
    for field in change.fields:
        yield Line(Symbol.CHANGE, field_text(field), is_detail=True)
    if change.effects.work_to:
        yield Line(Symbol.WORK, work_text(change), is_detail=True)
    for mail in change.effects.mails:
        yield Line(Symbol.MAIL, mail_text(mail), is_detail=True)
    for note in change.notes:
        if note not in change.message:
            yield Line(Symbol.SAME, escape_sentence(note), is_detail=True)


def cause_text(cause: Cause, customer: str | None) -> str:
    """Return the file and line behind a change, relative to the customer's own folder."""
    if cause.path is None:
        return "no file"
    due = ", due" if cause.due else ""
    path = PurePosixPath(cause.path)
    folder = PurePosixPath("customers", customer or "")
    shown_path = (
        path.relative_to(folder) if customer and path.is_relative_to(folder) else path
    )
    return f"{shown_path}:{cause.line}{due}" if cause.line else f"{shown_path}{due}"


def field_text(field: FieldChange) -> str:
    """Return one field with its value before and after."""
    return f"{escape(field.name)}: {format_move(field)}"


def work_text(change: Change) -> str:
    """Return the heir of all open work of the contact, and how much of it there was at planning."""
    work = change.effects.open_work
    if change.kind is Kind.HAND_OVER_WORK:
        return f"open now: {count_noun(work, 'request') if work else 'none'}"
    now = f"{count_noun(work, 'request')} now" if work else "none now"
    return f"all open work ({now}) goes to {escape(str(change.effects.work_to))}"


def mail_text(mail: Mail) -> str:
    """Return one mail: its subject, address and language."""
    return f"{_subject_of(mail.kind)} to {escape(mail.to)} ({escape(mail.language)})"


def _subject_of(kind: MailKind) -> str:
    match kind:
        case MailKind.ACTIVATION:
            return "activation"
        case MailKind.ACTIVATION_AGAIN:
            return "new activation"
        case MailKind.ADDRESS_CHANGED:
            return "address change notice"
        case MailKind.WORK_RECEIVED:
            return "received work notice"
        case MailKind.REJECTED:
            return "rejection"
    assert_never(kind)


def refusal_text(refusal: Refusal | Warning) -> str:
    """Return a refusal's or warning's sentence, with its place first and its rule last."""
    message = escape_sentence(refusal.message)
    place = escape(display(refusal.customer, refusal.contact))
    has_place = refusal.customer is None or message.startswith((place, f"'{place}'"))
    return f"{message if has_place else f'{place}: {message}'} [{escape(refusal.rule)}]"


def edit_text(edit: PortalEdit) -> str:
    """Return a portal edit: where, the file's and the portal's value, by whom and when."""
    where = (
        escape(edit.service)
        if edit.service and not edit.customer
        else escape(display(edit.customer, edit.contact))
    )
    by = f"(by {', '.join(escape(part) for part in (edit.by, edit.at) if part)})"
    if edit.field == "presence":
        return f"{where} was {format_value(edit.live)} {by}"
    file = f"{format_value(None)} → " if edit.applied is None else ""
    return (
        f"{where} {escape(edit.field)}: "
        f"{file}{format_move(FieldChange(edit.field, edit.applied, edit.live))} {by}"
    )


def departure_text(departure: Departure) -> str:
    """Return the day on which a contact leaves, and who receives their work as of today."""
    person = escape(display(departure.customer, departure.contact))
    now = (
        f" ({count_noun(departure.open_work, 'request')} now)"
        if departure.open_work
        else ""
    )
    work = (
        f"all open work{now} goes to {escape(departure.heir)}"
        if departure.heir
        else f"nobody receives open work{now}"
    )
    return f"{departure.on}: {person} leaves ({escape(departure.reason)}); {work}"


def unmanaged_lines(unmanaged: tuple[Unmanaged, ...]) -> Iterator[str]:
    """Yield unmanaged objects, one line per customer, the first few by name."""
    by_customer: dict[str, list[Unmanaged]] = {}
    for item in unmanaged:
        by_customer.setdefault(item.customer, []).append(item)
    for customer, items in sorted(by_customer.items()):
        names = [_unmanaged_name(item) for item in items[:SHOWN_UNMANAGED]]
        more = (
            [f"and {len(items) - SHOWN_UNMANAGED} more"]
            if len(items) > SHOWN_UNMANAGED
            else []
        )
        yield f"{escape(customer) or 'portal'}: {'; '.join([*names, *more])}"


def _unmanaged_name(item: Unmanaged) -> str:
    about = [escape(part) for part in (item.role, item.email, item.status) if part]
    return f"{item.kind} {escape(item.name)}" + (f" ({', '.join(about)})" if about else "")
