"""A plan as lines with symbols, customer by customer: shared by the text and the Markdown
report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, assert_never

from reconciler.model.changes import Cause, Change, Kind, Mail, MailKind
from reconciler.model.keys import display
from reconciler.model.plan import (
    UNKNOWN_AUTHOR,
    Departure,
    Group,
    Plan,
    PortalEdit,
    Refusal,
    Unmanaged,
    Warning,
)
from reconciler.model.sentences import (
    SEMICOLON,
    Listing,
    Sentence,
    layout,
    plural_sentence,
    sentence,
)
from reconciler.model.values import FieldChange
from reconciler.reports.capabilities import PORTAL
from reconciler.reports.formatting import arrow, format_move, format_value, shorten
from reconciler.reports.symbols import Symbol, symbol_of

# The number of unmanaged objects that a plan names; the rest is only counted.
SHOWN_UNMANAGED = 5
# The number of warnings of one rule that are shown for one customer.
SHOWN_WARNINGS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its symbol, its text, and whether it is a detail of the line above it."""

    symbol: Symbol
    text: Sentence
    is_detail: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """The lines of one customer, or of settings and services (`portal`)."""

    title: str | Sentence
    notes: tuple[Sentence, ...]
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
    notes: list[Sentence] = []
    if linked_customers and len(groups) == 1:
        customers = Listing(tuple(map(shorten, linked_customers)))
        notes.append(sentence("plan", "together with {customers}", customers=customers))
    if held_back_by:
        rules = Listing(tuple(held_back_by))
        notes.append(sentence("plan", "held back: {rules}", rules=rules))
    shown_changes = [
        change for _, change in pairs if change.kind is not Kind.RECORD or change.fields
    ]
    records = len(pairs) - len(shown_changes)
    lines = [line for change in shown_changes for line in change_lines(change)]
    if records:
        text = plural_sentence(
            "plan",
            "{count:,} file is noted as applied; nothing changes for anybody",
            "{count:,} files are noted as applied; nothing changes for anybody",
            records,
        )
        lines.append(Line(Symbol.SAME, text))
    return Section(shorten(customer) if customer else PORTAL, tuple(notes), tuple(lines))


def change_lines(change: Change) -> Iterator[Line]:
    """Yield a change's line and its details: fields, work, mails."""
    cause = cause_text(change.cause, change.customer)
    yield Line(
        symbol_of(change), layout("{change}  ({cause})", change=change.message, cause=cause)
    )
    for field in change.fields:
        yield Line(Symbol.CHANGE, field_text(field), is_detail=True)
    if change.effects.work_to:
        yield Line(Symbol.WORK, work_text(change), is_detail=True)
    for mail in change.effects.mails:
        yield Line(Symbol.MAIL, mail_text(mail), is_detail=True)
    for note in change.notes:
        # Those about power stand at the top.
        if note not in change.power_notes and str(note) not in str(change.message):
            yield Line(Symbol.SAME, note, is_detail=True)


def cause_text(cause: Cause, customer: str | None) -> str | Sentence:
    """Return the file and line behind a change, relative to the customer's own folder."""
    if cause.path is None:
        return sentence("plan", "no file")
    path = PurePosixPath(cause.path)
    folder = PurePosixPath("customers", customer or "")
    shown_path = (
        path.relative_to(folder) if customer and path.is_relative_to(folder) else path
    )
    place = shorten(f"{shown_path}:{cause.line}" if cause.line else str(shown_path))
    return sentence("plan", "{place}, due", place=place) if cause.due else place


def field_text(field: FieldChange) -> Sentence:
    """Return one field with its value before and after."""
    return layout("{field}: {move}", field=shorten(field.name), move=format_move(field))


def work_text(change: Change) -> Sentence:
    """Return the heir of all open work of the contact, and how much of it there was at planning."""
    work = change.effects.open_work
    if change.kind is Kind.HAND_OVER_WORK:
        # The line above names the heir.
        return (
            plural_sentence(
                "work", "open now: {count:,} request", "open now: {count:,} requests", work
            )
            if work
            else sentence("work", "open now: none")
        )
    heir = shorten(str(change.effects.work_to))
    if not work:
        return sentence("work", "all open work (none now) goes to {heir}", heir=heir)
    return _work_goes_to(heir, work)


def _work_goes_to(heir: str, work: int) -> Sentence:
    return plural_sentence(
        "work",
        "all open work ({count:,} request now) goes to {heir}",
        "all open work ({count:,} requests now) goes to {heir}",
        work,
        heir=heir,
    )


def mail_text(mail: Mail) -> Sentence:
    """Return one mail: its subject, address and language."""
    return _mail_template(mail.kind).with_arguments(
        address=shorten(mail.to), language=shorten(mail.language)
    )


def _mail_template(kind: MailKind) -> Sentence:
    match kind:
        case MailKind.ACTIVATION:
            return sentence("mail", "activation to {address} ({language})")
        case MailKind.ACTIVATION_AGAIN:
            return sentence("mail", "new activation to {address} ({language})")
        case MailKind.ADDRESS_CHANGED:
            return sentence("mail", "address change notice to {address} ({language})")
        case MailKind.WORK_RECEIVED:
            return sentence("mail", "received work notice to {address} ({language})")
        case MailKind.REJECTED:
            return sentence("mail", "rejection to {address} ({language})")
    assert_never(kind)


def first_warnings(warnings: Iterable[Warning]) -> Iterator[Warning]:
    """Yield the warnings, with a number instead of the later ones of one rule and one customer."""
    similar: dict[tuple[str, str | None], list[Warning]] = {}
    for warning in warnings:
        similar.setdefault((warning.rule, warning.customer), []).append(warning)
    for (rule, customer), group in similar.items():
        yield from group[:SHOWN_WARNINGS]
        more = len(group) - SHOWN_WARNINGS
        if more > 0:
            message = plural_sentence("list", "and {count} more", "and {count} more", more)
            yield Warning(rule, message, customer)


def warning_text(warning: Warning) -> Sentence:
    """Return a warning's sentence, with its file or whom it concerns first and its rule last."""
    if warning.path is None:
        return refusal_text(warning)
    place = f"{warning.path}:{warning.line}" if warning.line else warning.path
    message = layout("{message} [{rule}]", message=warning.message, rule=warning.rule)
    return layout("{place}: {message}", place=shorten(place), message=message)


def refusal_text(refusal: Refusal | Warning) -> Sentence:
    """Return a refusal's or warning's sentence, with whom it concerns first and its rule last."""
    place = display(refusal.customer, refusal.contact)
    message = layout("{message} [{rule}]", message=refusal.message, rule=refusal.rule)
    if refusal.customer is None or str(message).startswith((place, f"'{place}'")):
        return message
    return layout("{place}: {message}", place=shorten(place), message=message)


def edit_text(edit: PortalEdit) -> Sentence:
    """Return a portal edit: where, the file's and the portal's value, by whom and when."""
    where = _object_of(edit)
    if edit.field == "presence":
        event = _PRESENCE_EVENTS[str(edit.live)].with_arguments(object=where)
        return layout("{event} {author}", event=event, author=_author_of(edit))
    move = (
        arrow(format_value(None), format_value(edit.live))
        if edit.applied is None
        else format_move(FieldChange(edit.field, edit.applied, edit.live))
    )
    return layout(
        "{object} {field}: {move} {author}",
        object=where,
        field=shorten(edit.field),
        move=move,
        author=_author_of(edit),
    )


_PRESENCE_EVENTS: Final = {
    "removed": sentence("edit", "{object} was removed"),
    "archived": sentence("edit", "{object} was archived"),
    "recreated": sentence("edit", "{object} was recreated"),
    "restored": sentence("edit", "{object} was restored"),
}


def _object_of(edit: PortalEdit) -> str | Sentence:
    if edit.customer:
        return shorten(display(edit.customer, edit.contact))
    return shorten(edit.service) if edit.service else PORTAL


def _author_of(edit: PortalEdit) -> Sentence:
    # The portal's own word for an author whom it does not know; a person's name is data.
    is_unknown = edit.by == UNKNOWN_AUTHOR and not edit.at
    if is_unknown:
        return sentence("edit", "(by unknown)")
    parts = tuple(shorten(part) for part in (edit.by, edit.at) if part)
    return sentence("edit", "(by {author})", author=Listing(parts))


def departure_text(departure: Departure) -> Sentence:
    """Return the day on which a contact leaves, and who receives their work as of today."""
    return sentence(
        "plan",
        "{date}: {contact} leaves ({reason}); {work}",
        date=departure.on,
        contact=shorten(display(departure.customer, departure.contact)),
        reason=shorten(departure.reason),
        work=_work_of(departure),
    )


def _work_of(departure: Departure) -> Sentence:
    heir, work = shorten(departure.heir or ""), departure.open_work
    if heir and work:
        return _work_goes_to(heir, work)
    if heir:
        return sentence("work", "all open work goes to {heir}", heir=heir)
    if work:
        return plural_sentence(
            "work",
            "nobody receives open work ({count:,} request now)",
            "nobody receives open work ({count:,} requests now)",
            work,
        )
    return sentence("work", "nobody receives open work")


def first_unmanaged_lines(unmanaged: tuple[Unmanaged, ...]) -> Iterator[Sentence]:
    """Yield the first few unmanaged objects, and where the others are listed."""
    yield from unmanaged_lines(unmanaged[:SHOWN_UNMANAGED])
    more = len(unmanaged) - SHOWN_UNMANAGED
    if more > 0:
        yield plural_sentence(
            "plan",
            "and {count:,} more; reconciler drift lists it",
            "and {count:,} more; reconciler drift lists them",
            more,
        )


def unmanaged_lines(unmanaged: tuple[Unmanaged, ...]) -> Iterator[Sentence]:
    """Yield unmanaged objects, one line per customer."""
    by_customer: dict[str, list[Unmanaged]] = {}
    for item in unmanaged:
        by_customer.setdefault(item.customer, []).append(item)
    for customer, items in sorted(by_customer.items()):
        names = map(_unmanaged_name, items)
        yield layout(
            "{customer}: {objects}",
            customer=shorten(customer) or PORTAL,
            objects=Listing(tuple(names), SEMICOLON),
        )


def _unmanaged_name(item: Unmanaged) -> Sentence:
    template = (
        sentence("unmanaged", "contact {name}")
        if item.kind == "contact"
        else sentence("unmanaged", "customer {name}")
    )
    name = template.with_arguments(name=shorten(item.name))
    facts = tuple(shorten(part) for part in (item.role, item.email, item.status) if part)
    return layout("{name} ({facts})", name=name, facts=Listing(facts)) if facts else name
