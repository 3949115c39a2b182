"""The book: all customers of a tree, as rules across files read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

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

    `unread`: customers of which a file could not be read.
    """

    customers: Mapping[str, DesiredCustomer]
    portal: Portal | None
    sources: Mapping[str, Source]
    unread: frozenset[str] = frozenset()

    @property
    def complete_customers(self) -> list[DesiredCustomer]:
        """The customers whose files could all be read; for others, a missing file proves
        nothing.
        """
        return [
            customer for key, customer in self.customers.items() if key not in self.unread
        ]

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
