"""The book: all customers of a tree, as rules across files read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.documents.layout import PORTAL
from reconciler.documents.portal_document import Portal
from reconciler.documents.positions import Path, Span
from reconciler.documents.validation import Source
from reconciler.model.desired import DesiredContact, DesiredCustomer, Farewell
from reconciler.model.problems import Problem
from reconciler.model.rules import RuleId
from reconciler.model.sentences import Sentence

DesiredObject: TypeAlias = DesiredContact | DesiredCustomer | Farewell


@dataclass(frozen=True, slots=True)
class Book:
    """All customers of a tree, the portal file, and the sources to point into.

    `unread`: customers of which a file could not be read. `partial`: customers with a file of which
    only a part is here.
    """

    customers: Mapping[str, DesiredCustomer]
    portal: Portal | None
    sources: Mapping[str, Source]
    unread: frozenset[str] = frozenset()
    partial: frozenset[str] = frozenset()

    @property
    def complete_customers(self) -> list[DesiredCustomer]:
        """The customers whose files are all valid; for others, what is missing proves nothing."""
        incomplete = self.unread | self.partial
        return [
            customer for key, customer in self.customers.items() if key not in incomplete
        ]

    @property
    def known_customers(self) -> list[DesiredCustomer]:
        """The customers whose people and heirs are all known."""
        return [
            customer for key, customer in self.customers.items() if key not in self.unread
        ]

    @property
    def knows_services(self) -> bool:
        """True when the portal file is readable where it says which services exist."""
        if self.portal is None:
            return False
        is_lost = "services" not in self.portal.model_fields_set
        return not (is_lost and "services" in self.sources[PORTAL].composed.value)

    def contacts(self) -> Iterator[DesiredContact]:
        for customer in self.customers.values():
            yield from customer.contacts.values()

    def problem(
        self,
        rule: RuleId,
        object: DesiredObject,
        at: str | Path,
        message: str | Sentence,
        hint: str | Sentence,
    ) -> Problem:
        """Return an error at a field's value in the object's file, or at its first line without
        such a value.
        """
        source = self.sources[object.place.path]
        path = (at,) if isinstance(at, str) else at
        has_value = path in source.composed.values
        span = source.span(path) if has_value else Span(1, 1)
        return source.problem(rule, span, message, at=path if has_value else (), hint=hint)

    def item(self, object: DesiredObject, field: str, text: str) -> Path:
        """Return the place of a text in a list of the object's file."""
        items = self.sources[object.place.path].composed.value[field]
        # The model sorts lists; only the file's own list has the position to point at.
        return (field, items.index(text)) if text in items else (field,)
