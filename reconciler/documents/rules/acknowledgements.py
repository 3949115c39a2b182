"""Acknowledged warnings: not reported again, as long as each id has its warning.

An id that no rule has is an error. One whose warning is gone is a note; so it hides no later one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.documents.layout import PORTAL, subject_of
from reconciler.documents.positions import Path
from reconciler.documents.rules.book import Book
from reconciler.documents.rules.hints import name_hint
from reconciler.documents.validation import Source
from reconciler.model.acknowledgements import (
    DELETE_ID,
    Acknowledgement,
    Subject,
    cover,
    without_warning,
)
from reconciler.model.desired import Place
from reconciler.model.problems import Problem, Severity
from reconciler.model.rules import PLAN_RULES, WARNINGS, RuleId
from reconciler.model.sentences import Sentence

_OWN: Final = "own/"
# These are found in plans too, or only there: what the files say proves nothing.
_FOUND_IN_PLANS: Final = frozenset(rule.id for rule in PLAN_RULES)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One acknowledgement with its place in a file; `at`: of the list's item."""

    acknowledgement: Acknowledgement
    source: Source
    at: Path

    def problem(
        self, message: str | Sentence, hint: str | Sentence, severity: Severity
    ) -> Problem:
        span = self.source.span(self.at)
        return self.source.problem(
            RuleId.ACKNOWLEDGE, span, message, at=self.at, hint=hint, severity=severity
        )


def acknowledge(
    book: Book, problems: Iterable[Problem], own_warnings: Collection[str] | None
) -> list[Problem]:
    """Return the problems without acknowledged warnings, and those of the acknowledgements.

    `own_warnings`: ids of the provider's rules that warn; None if the rules could not be read.
    """
    entries = list(_entries(book))
    problems = list(problems)
    warnings = [problem for problem in problems if problem.severity is Severity.WARNING]
    subjects = [Subject(problem.rule, *subject_of(problem.path)) for problem in warnings]
    covered, used_entries = cover(subjects, (entry.acknowledgement for entry in entries))
    silent = {
        problem for problem, is_covered in zip(warnings, covered, strict=True) if is_covered
    }
    remaining = [problem for problem in problems if problem not in silent]
    for entry in entries:
        is_used = entry.acknowledgement in used_entries
        remaining += _problems_of(entry, book, own_warnings, is_used=is_used)
    return remaining


def _problems_of(
    entry: _Entry, book: Book, own_warnings: Collection[str] | None, *, is_used: bool
) -> Iterator[Problem]:
    rule = entry.acknowledgement.subject.rule
    is_own = rule.startswith(_OWN)
    if is_own and own_warnings is None:
        return
    if rule not in (own_warnings or () if is_own else WARNINGS):
        known_ids = tuple(sorted({*WARNINGS, *(own_warnings or ())}))
        hint = name_hint(rule, known_ids, "warnings are", "none")
        message = f"'{rule}' is not the id of a warning"
        yield entry.problem(message, hint, Severity.ERROR)
    elif (
        not is_used
        and rule not in _FOUND_IN_PLANS
        and entry.acknowledgement.subject.customer not in book.unread
    ):
        yield entry.problem(without_warning(rule), DELETE_ID, Severity.NOTE)


def _entries(book: Book) -> Iterator[_Entry]:
    """Yield every acknowledgement of the files that could be read."""
    if book.portal is not None:
        yield from _entries_of(book.sources[PORTAL], book.portal.acknowledge or (), None)
    for key, customer in sorted(book.customers.items()):
        # Without a source the file is no text; its people are here all the same.
        if source := book.sources.get(customer.place.path):
            yield from _entries_of(source, customer.acknowledge, key)
        for contact_key, contact in sorted(customer.contacts.items()):
            source = book.sources[contact.place.path]
            yield from _entries_of(source, contact.acknowledge, key, contact_key)


def _entries_of(
    source: Source, rules: Iterable[str], customer: str | None, contact: str | None = None
) -> Iterator[_Entry]:
    for number, rule in enumerate(rules):
        at: Path = ("acknowledge", number)
        place = Place(source.path, source.span(at).line)
        subject = Subject(rule, customer, contact)
        yield _Entry(Acknowledgement(subject, place), source, at)
