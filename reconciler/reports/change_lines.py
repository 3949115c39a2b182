"""A plan as marked lines, customer by customer: what the text and the Markdown report share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import assert_never

from reconciler.model.changes import Cause, Change, Kind, Mail, MailKind
from reconciler.model.keys import display
from reconciler.model.plan import Departure, Group, Plan, PortalEdit, Refusal, Unmanaged, Warning
from reconciler.model.values import FieldChange
from reconciler.reports.capabilities import moved
from reconciler.reports.formatting import counted, said, told, told_value
from reconciler.reports.symbols import Mark, mark

SHOWN_UNMANAGED = 5
"""The number of unmanaged people of one customer who are named; the rest is a number."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its mark, its words, and whether it says more about the line above it."""

    mark: Mark
    text: str
    below: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """The lines of one customer, or of settings and services (`portal`)."""

    title: str
    notes: tuple[str, ...]
    lines: tuple[Line, ...]


def sections(plan: Plan) -> tuple[Section, ...]:
    """The plan's changes by customer: the portal's own first, then by key, each in the plan's order."""
    by_customer: dict[str, list[tuple[Group, Change]]] = {}
    for group in plan.groups:
        for change in group.changes:
            by_customer.setdefault(change.customer or "", []).append((group, change))
    return tuple(_section(key, by_customer[key]) for key in sorted(by_customer))


def _section(customer: str, pairs: list[tuple[Group, Change]]) -> Section:
    groups = list(dict.fromkeys(id(group) for group, _ in pairs))
    group = pairs[0][0]
    with_others = [key for key in group.customers if key != customer] if customer else []
    stopped_by = sorted({rule for each, _ in pairs for rule in each.held_back})
    notes = [
        *([f"together with {', '.join(told(key) for key in with_others)}"] if with_others and len(groups) == 1 else []),
        *([f"held back: {', '.join(stopped_by)}"] if stopped_by else []),
    ]
    shown = [change for _, change in pairs if change.kind is not Kind.RECORD or change.fields]
    records = len(pairs) - len(shown)
    lines = [line for change in shown for line in change_lines(change)]
    if records:
        lines.append(Line(Mark.SAME, f"{counted(records, 'base')} to record, without effect"))
    return Section(told(customer) if customer else "portal", tuple(notes), tuple(lines))


def change_lines(change: Change) -> Iterator[Line]:
    """A change's own line and what it brings with it: fields, work, mails."""
    yield Line(mark(change), f"{said(change.message)}  ({told(cause_text(change.cause, change.customer))})")
    for field in change.fields:
        yield Line(Mark.CHANGE, field_text(field), below=True)
    if change.effects.work_to:
        yield Line(Mark.WORK, work_text(change), below=True)
    for mail in change.effects.mails:
        yield Line(Mark.MAIL, mail_text(mail), below=True)
    for note in change.notes:
        if note not in change.message:
            yield Line(Mark.SAME, said(note), below=True)


def cause_text(cause: Cause, customer: str | None) -> str:
    """The file and line behind a change, short within the customer's own folder."""
    if cause.path is None:
        return "no file"
    due = ", due" if cause.due else ""
    path = PurePosixPath(cause.path)
    folder = PurePosixPath("customers", customer or "")
    shown = path.relative_to(folder) if customer and path.is_relative_to(folder) else path
    return f"{shown}:{cause.line}{due}" if cause.line else f"{shown}{due}"


def field_text(field: FieldChange) -> str:
    """One field, from what the portal has to what it shall have."""
    return f"{told(field.name)}: {moved(field)}"


def work_text(change: Change) -> str:
    """The heir of all open work of the contact, and how much of it there was at planning."""
    work = change.effects.open_work
    if change.kind is Kind.HAND_OVER_WORK:
        return f"open now: {counted(work, 'request') if work else 'none'}"
    now = f"{counted(work, 'request')} now" if work else "none now"
    return f"all open work ({now}) goes to {told(str(change.effects.work_to))}"


def mail_text(mail: Mail) -> str:
    """One mail in words: what it says, to whom, in which language."""
    return f"{_subject_of(mail.kind)} to {told(mail.to)} ({told(mail.language)})"


def _subject_of(kind: MailKind) -> str:
    match kind:
        case MailKind.ACTIVATION:
            return "activation"
        case MailKind.ACTIVATION_AGAIN:
            return "activation again"
        case MailKind.ADDRESS_CHANGED:
            return "note of the changed address"
        case MailKind.WORK_RECEIVED:
            return "note of the work received"
        case MailKind.REJECTED:
            return "rejection"
    assert_never(kind)


def refusal_text(refusal: Refusal | Warning) -> str:
    """A refusal's or warning's sentence, with its place in front and its rule at the end."""
    message = said(refusal.message)
    place = told(display(refusal.customer, refusal.contact))
    named = refusal.customer is None or message.startswith((place, f"'{place}'"))
    return f"{message if named else f'{place}: {message}'} [{told(refusal.rule)}]"


def edit_text(edit: PortalEdit) -> str:
    """A portal edit: where, what the file says and what the portal has, by whom and when."""
    where = told(edit.service) if edit.service and not edit.customer else told(display(edit.customer, edit.contact))
    by = f"(by {', '.join(told(part) for part in (edit.by, edit.at) if part)})"
    if edit.field == "presence":
        return f"{where} was {told_value(edit.live)} {by}"
    file = f"{told_value(None)} → " if edit.applied is None else ""
    return f"{where} {told(edit.field)}: {file}{moved(FieldChange(edit.field, edit.applied, edit.live))} {by}"


def departure_text(departure: Departure) -> str:
    """The day on which a contact leaves, and who receives their work as things stand."""
    who = told(display(departure.customer, departure.contact))
    now = f" ({counted(departure.open_work, 'request')} now)" if departure.open_work else ""
    work = f"all open work{now} goes to {told(departure.heir)}" if departure.heir else f"nobody receives open work{now}"
    return f"{departure.on}: {who} leaves ({told(departure.reason)}); {work}"


def unmanaged_lines(unmanaged: tuple[Unmanaged, ...]) -> Iterator[str]:
    """Unmanaged objects, a line a customer, the first few by name."""
    by_customer: dict[str, list[Unmanaged]] = {}
    for item in unmanaged:
        by_customer.setdefault(item.customer, []).append(item)
    for customer, items in sorted(by_customer.items()):
        names = [_unmanaged_name(item) for item in items[:SHOWN_UNMANAGED]]
        more = [f"and {len(items) - SHOWN_UNMANAGED} more"] if len(items) > SHOWN_UNMANAGED else []
        yield f"{told(customer) or 'portal'}: {'; '.join([*names, *more])}"


def _unmanaged_name(item: Unmanaged) -> str:
    about = [told(part) for part in (item.role, item.email, item.status) if part]
    return f"{item.kind} {told(item.name)}" + (f" ({', '.join(about)})" if about else "")
