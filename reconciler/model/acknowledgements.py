"""Warnings that a file acknowledges (`acknowledge: [foreign-domain]`): known and intended.

A contact's file covers the contact; `customer.yaml` covers the customer and its people;
`portal.yaml` covers what concerns no customer. Errors and refusals are never covered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from reconciler.model.desired import DesiredState, Place
from reconciler.model.sentences import Sentence, sentence


class Subject(NamedTuple):
    """The rule of a warning, and whom it concerns; none for the portal."""

    rule: str
    customer: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One id in the list of one file, with the subject that the file is about."""

    subject: Subject
    place: Place


# The hint about an acknowledgement that covers nothing.
DELETE_ID: Final = sentence("hint", "delete the id")


def without_warning(rule: str) -> Sentence:
    """Return the message about an acknowledgement of this rule that covers nothing."""
    return sentence("note", "there is no warning '{rule}' here to acknowledge", rule=rule)


def cover(
    subjects: Sequence[Subject], acknowledgements: Iterable[Acknowledgement]
) -> tuple[tuple[bool, ...], frozenset[Acknowledgement]]:
    """Return whether each warning is acknowledged, and the acknowledgements that cover one."""
    by_subject: dict[Subject, list[Acknowledgement]] = defaultdict(list)
    for entry in acknowledgements:
        by_subject[entry.subject].append(entry)
    covering = [
        [
            *by_subject.get(subject, ()),
            *(
                by_subject.get(subject._replace(contact=None), ())
                if subject.contact
                else ()
            ),
        ]
        for subject in subjects
    ]
    return tuple(map(bool, covering)), frozenset(
        entry for entries in covering for entry in entries
    )


def acknowledgements_of(desired: DesiredState) -> Iterator[Acknowledgement]:
    """Yield every acknowledgement of the files."""
    for rule in desired.acknowledge:
        yield Acknowledgement(Subject(rule), desired.settings.places["acknowledge"])
    for key, customer in sorted(desired.customers.items()):
        for rule in customer.acknowledge:
            yield Acknowledgement(Subject(rule, key), customer.places["acknowledge"])
        for contact_key, contact in sorted(customer.contacts.items()):
            for rule in contact.acknowledge:
                place = contact.places["acknowledge"]
                yield Acknowledgement(Subject(rule, key, contact_key), place)
