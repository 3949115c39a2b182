"""The parts of every line about a contact: the change with its target and cause, an edit, a
count.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace
from typing import Final

from reconciler.model.changes import Cause, Change, Kind, ObjectKind, Target
from reconciler.model.desired import DesiredContact
from reconciler.model.equality import address_key
from reconciler.model.live import Applied, LiveContact, LiveObject, Touch
from reconciler.model.plan import UNKNOWN_AUTHOR, PortalEdit
from reconciler.model.roles import Role, role_name
from reconciler.model.sentences import Listing, Sentence, layout, sentence
from reconciler.model.values import FieldChange
from reconciler.planning.customer_context import CustomerContext, Person


def contact_change(
    context: CustomerContext, person: Person, kind: Kind, message: Sentence
) -> Change:
    """Return a change of this kind about the person, with the fields of their file as its base. The
    caller adds the effects.
    """
    live, desired = person.match.live, person.match.desired
    customer = context.customer.live
    target = Target(
        live.id if live else None,
        live.version if live else None,
        customer.id if customer else None,
        person.match.life if live is None else live.life,
    )
    base = desired.fields if desired else None
    cause = cause_of(person)
    return Change(
        kind,
        ObjectKind.CONTACT,
        context.key,
        person.key,
        message,
        target=target,
        base=base,
        cause=cause,
    )


def cause_of(person: Person, field: str = "") -> Cause:
    """Return the line of the person's file that sets the field, else the file; empty when there is
    no file.
    """
    if person.match.desired is None:
        return Cause()
    place = person.match.desired.places.get(field, person.match.desired.place)
    return Cause(place.path, place.line)


def field_edit(
    customer: str | None,
    contact: str | None,
    edit: FieldChange,
    touch: Touch | None,
    service: str | None = None,
) -> PortalEdit:
    """Return a field that was changed in the portal, with who changed it and when as far as the
    portal knows.
    """
    by, at = _who_and_when(touch)
    return PortalEdit(
        customer, contact, edit.name, edit.before, edit.after, by, at, service
    )


def presence_edit(
    customer: str, contact: str | None, live: str, touch: Touch | None
) -> PortalEdit:
    """Return an object that was removed or restored in the portal while its file did not change."""
    by, at = _who_and_when(touch)
    applied = "absent" if live == "restored" else "present"
    return PortalEdit(customer, contact, "presence", applied, live, by, at)


def _who_and_when(touch: Touch | None) -> tuple[str, str]:
    return (touch.by, touch.at) if touch else (UNKNOWN_AUTHOR, "")


def with_setter_notes(
    change: Change, live: LiveObject, base: Applied | None, reverted: Set[str] = frozenset()
) -> Change:
    """Return the change with a note on the author of each live value that it overwrites.

    These are the values that no file managed before, and the portal edits in `reverted`.
    """
    applied_fields = base.fields if base else {}
    names = [field.name for field in change.fields]
    notes = (
        *setter_notes(live, [name for name in names if name not in applied_fields]),
        *_author_notes(_UNDOES, live, [name for name in names if name in reverted]),
    )
    return replace(change, notes=notes, message=with_notes(change.message, notes))


def with_notes(message: Sentence, notes: Iterable[Sentence]) -> Sentence:
    """Return the sentence with each note in brackets behind it."""
    for note in notes:
        message = layout("{change} ({note})", change=message, note=note)
    return message


def with_revert_notes(change: Change, live: LiveObject, reverted: Set[str]) -> Change:
    """Return the change with a note on the author of each portal edit that it undoes."""
    names = [field.name for field in change.fields if field.name in reverted]
    notes = _author_notes(_UNDOES, live, names)
    return replace(change, notes=notes, message=with_notes(change.message, notes))


def setter_notes(live: LiveObject, fields: Iterable[str]) -> tuple[Sentence, ...]:
    """Return one sentence for each of the fields whose last author the portal knows."""
    return _author_notes(_WAS_SET, live, fields)


_WAS_SET: Final = sentence("note", "{field} was set by {author} on {date}")
_UNDOES: Final = sentence("note", "undoes the edit of {field} by {author} on {date}")


def _author_notes(
    template: Sentence, live: LiveObject, fields: Iterable[str]
) -> tuple[Sentence, ...]:
    return tuple(
        template.with_arguments(field=name, author=touch.by, date=touch.at[:10])
        for name in sorted(fields)
        if (touch := live.touched.get(name)) is not None
    )


def mailbox_notes(
    context: CustomerContext, address: str, role: Role, row: str | None = None
) -> tuple[Sentence, ...]:
    """Return whose mailbox opens the login of the contact (`row`, if there is one) at this address,
    if it is another living contact's until now.
    """
    holder = context.index.by_address.get(address_key(address))
    if holder is None or holder.id == row:
        return ()
    note = sentence(
        "right",
        "logs in as {role} from the mailbox {address}, until now the login of {contact}",
        role=role_name(role),
        address=address,
        contact=context.index.person(holder),
    )
    return (note,)


def fields_message(key: str, fields: Iterable[FieldChange]) -> Sentence:
    """Return the sentence of a change of these fields: the object and the fields' names."""
    return layout("{key}: {fields}", key=key, fields=names_of(fields))


def names_of(fields: Iterable[FieldChange]) -> Listing:
    """Return the names of the fields, as the files write them."""
    return Listing(tuple(field.name for field in fields))


def live_of(person: Person) -> LiveContact:
    """Return the person's row; only valid for a match that has one."""
    if person.match.live is None:
        raise AssertionError(f"{person.key} has no live contact")
    return person.match.live


def desired_of(person: Person) -> DesiredContact:
    """Return the person's file; only valid for a match that has one."""
    if person.match.desired is None:
        raise AssertionError(f"{person.key} has no file")
    return person.match.desired


# The hint of every conflict.
CONFLICT_HINT: Final = sentence(
    "hint",
    "to keep the portal's value, write it into the file; to keep the file's value, set the "
    "portal back first",
)


def describe_conflicts(conflicts: Iterable[FieldChange]) -> Sentence:
    """Return the file's and the portal's value of each field that both sides changed."""
    pairs = tuple(
        sentence(
            "refusal",
            "{field} is {file} in the file and {portal} in the portal",
            field=conflict.name,
            file=repr(conflict.before),
            portal=repr(conflict.after),
        )
        for conflict in conflicts
    )
    return sentence(
        "refusal", "changed in the file and in the portal: {fields}", fields=Listing(pairs)
    )
