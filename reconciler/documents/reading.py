"""From the tree's bytes to the desired state, or to every problem of every file.

Data travels: bytes → text → value with positions → typed document → rules → desired state. Nothing
here opens a file, and nothing raises for what a file holds.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from reconciler.documents import converting
from reconciler.documents.judging import Source, judge
from reconciler.documents.layout import Located, locate
from reconciler.documents.rules import Book, across_files, in_one_file, secrets
from reconciler.documents.strict_yaml import Composed, Refusal, compose, decode
from reconciler.documents.types import Contact, Customer, Document, Portal, Removed
from reconciler.model.desired import DesiredContact, DesiredCustomer, DesiredState, Farewell
from reconciler.model.files import Tree
from reconciler.model.problems import Counts, Problem, Severity
from reconciler.model.rules import RuleId


@dataclass(frozen=True, slots=True)
class Reading:
    """What a tree says: the desired state unless there is an error, all problems in order, counts."""

    desired: DesiredState | None
    problems: tuple[Problem, ...]
    counts: Counts


@dataclass(slots=True)
class Read:
    """Documents read so far, by what they are and whose."""

    problems: list[Problem] = field(default_factory=list)
    portal: tuple[Portal, Source] | None = None
    customers: dict[str, tuple[Customer, Source]] = field(default_factory=dict)
    contacts: dict[str, dict[str, DesiredContact]] = field(default_factory=dict)
    farewells: dict[str, dict[str, Farewell]] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    files: int = 0


def read_documents(tree: Tree) -> Reading:
    """The desired state of a tree, or its problems; all problems of all files, sorted by place."""
    with _collector_at_rest():
        read = Read()
        located, problems = locate(tree)
        read.problems += problems
        read.unread.update(problem.path for problem in problems)
        for item in located:
            _read_one(item, read)
        customers = _customers(read)
        read.problems += across_files(_book(read, customers))
        desired = converting.state(*read.portal, customers) if read.portal else None
    failed = any(problem.severity is Severity.ERROR for problem in read.problems)
    counts = Counts(read.files, len(customers), sum(len(c.contacts) for c in customers.values()))
    return Reading(None if failed else desired, _shown(read.problems), counts)


def rule_patterns(tree: Tree) -> tuple[str, ...]:
    """The paths and globs of the provider's own rules; empty when portal.yaml lists none."""
    portal = next((file.content for file in tree.files if file.path == "portal.yaml"), None)
    try:
        value = compose(decode(portal or b"")).value
    except Refusal:
        return ()
    rules = value.get("rules") if isinstance(value, dict) else None
    listed = isinstance(rules, list) and all(isinstance(text, str) for text in rules)
    return tuple(rules) if rules and listed else ()


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Many small objects that all live on are read three times faster without the cycle collector."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _read_one(item: Located, read: Read) -> None:
    """Files one document, or remembers that it could not be read."""
    read.files += 1
    path, content = item.file.path, item.file.content or b""
    document, problems = _judged(item, content, read)
    read.problems += [*secrets(path, content), *problems]
    if document is None:
        read.unread.add(path)
    else:
        _file(item, document, read.sources[path], read)


def _judged(item: Located, content: bytes, read: Read) -> tuple[Document | None, list[Problem]]:
    lines: tuple[str, ...] = ()
    try:
        text = decode(content)
        lines = tuple(text.split("\n"))
        source = Source(item.file.path, lines, compose(text))
    except Refusal as refusal:
        source = Source(item.file.path, lines, Composed())
        return None, [source.problem(refusal.rule, refusal.span, refusal.message, hint=refusal.hint)]
    read.sources[item.file.path] = source
    judged = judge(item.kind, source)
    if not isinstance(judged, Document):
        return None, list(judged)
    return judged, in_one_file(judged, source)


def _file(item: Located, document: Document, source: Source, read: Read) -> None:
    match document:
        case Portal():
            read.portal = (document, source)
        case Customer():
            read.customers[item.customer] = (document, source)
        case Contact():
            made = converting.contact(document, source, item.customer, item.key)
            read.contacts.setdefault(item.customer, {})[item.key] = made
        case Removed():
            gone = converting.farewell(document, source, item.customer, item.key)
            read.farewells.setdefault(item.customer, {})[item.key] = gone


def _book(read: Read, customers: dict[str, DesiredCustomer]) -> Book:
    parts = [path.split("/") for path in read.unread]
    unread = frozenset(part[1] for part in parts if part[0] == "customers" and len(part) > 1)
    return Book(customers, read.portal[0] if read.portal else None, read.sources, unread)


def _shown(problems: list[Problem]) -> tuple[Problem, ...]:
    """In order, each once; of a file with a secret only that, as any other line might quote it."""
    telling = {problem.path for problem in problems if problem.rule == RuleId.SECRET}
    kept = [problem for problem in problems if problem.rule == RuleId.SECRET or problem.path not in telling]
    return tuple(sorted(dict.fromkeys(kept), key=lambda problem: problem.sort_key))


def _customers(read: Read) -> dict[str, DesiredCustomer]:
    return {
        key: converting.customer(document, source, key, read.contacts.get(key, {}), read.farewells.get(key, {}))
        for key, (document, source) in sorted(read.customers.items())
    }
