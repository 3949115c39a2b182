"""From the tree's bytes to the desired state, or to every problem of every file.

Data travels: bytes → text → value with positions → typed document → rules → desired state. Nothing
here opens a file, and nothing raises for what a file holds.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.documents import to_desired
from reconciler.documents.layout import PORTAL, Located, locate
from reconciler.documents.rules import Book, across_files, in_one_file, secrets
from reconciler.documents.strict_yaml import Composed, Path, Refusal, compose, decode
from reconciler.documents.types import Contact, Customer, Document, Portal, Removed
from reconciler.documents.validation import Source, judge
from reconciler.model.desired import DesiredContact, DesiredCustomer, DesiredState, Farewell
from reconciler.model.files import SourceFile, Tree
from reconciler.model.problems import Counts, Problem, Severity
from reconciler.model.rules import RuleId

if TYPE_CHECKING:
    from reconciler.documents.own_rules.rule_files import OwnRule
    from reconciler.documents.own_rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Reading:
    """What a tree says: the desired state unless there is an error, all problems in order, counts."""

    desired: DesiredState | None
    problems: tuple[Problem, ...]
    counts: Counts


@dataclass(frozen=True, slots=True)
class LastApplied:
    """Rules last applied that today's files changed or dropped; they count until the next run.

    `rules`: their ids. `missing`: remembered digests of which no file was given. `problems`: what
    they do not accept about today's documents.
    """

    rules: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Read:
    """Documents read so far, by what they are and whose."""

    problems: list[Problem] = field(default_factory=list)
    accepted: list[tuple[str, Source]] = field(default_factory=list)
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
        digests, found = _judged_by_own_rules(tree, read)
        read.problems += found
        desired = to_desired.state(*read.portal, customers, digests) if read.portal else None
    failed = any(problem.severity is Severity.ERROR for problem in read.problems)
    counts = Counts(read.files, len(customers), sum(len(c.contacts) for c in customers.values()))
    return Reading(None if failed else desired, _shown(read.problems), counts)


def rule_patterns(tree: Tree) -> tuple[str, ...]:
    """The paths and globs under `rules:` in `portal.yaml`; none when the file cannot be read."""
    source = _portal_source(tree)
    listed = source.composed.value.get("rules") if source and isinstance(source.composed.value, dict) else None
    return tuple(item for item in listed if isinstance(item, str)) if isinstance(listed, list) else ()


def own_rules(tree: Tree) -> tuple[OwnRule, ...]:
    """The provider's own rules in a tree, as far as their files can be evaluated, sorted by id."""
    return _rulebook(tree.own_rules, _portal_source(tree)).rules


def judge_last_applied(tree: Tree, remembered: Iterable[str], applied: Iterable[SourceFile]) -> LastApplied:
    """Today's documents under the rules last applied that today's files changed or dropped.

    `remembered`: the digests in the settings' `applied`. `applied`: the rule files at the commit
    that was applied last. Costs little while no rule was changed.
    """
    changed = set(remembered) - set(_rulebook(tree.own_rules, None).digests)
    if not changed:
        return LastApplied()
    from reconciler.documents.own_rules.rulebook import (  # noqa: PLC0415  see `_rulebook`
        judge_documents,
        still_judging,
    )

    rules = [rule for rule in _rulebook(applied, None).rules if rule.digest in changed]
    read = Read()
    for item in locate(tree)[0]:
        _read_one(item, read)
    problems = [still_judging(problem) for problem in judge_documents(rules, read.accepted)]
    missing = changed - {rule.digest for rule in rules}
    return LastApplied(tuple(rule.id for rule in rules), tuple(sorted(missing)), _shown(problems))


def _rulebook(files: Iterable[SourceFile], portal: Source | None) -> Rulebook:
    # jsonschema takes 0.1 s to import, and most runs have no rules
    from reconciler.documents.own_rules.rulebook import read_rulebook  # noqa: PLC0415

    return read_rulebook(files, portal)


def _judged_by_own_rules(tree: Tree, read: Read) -> tuple[tuple[str, ...], list[Problem]]:
    """The digests of the provider's rules; the problems of their files and of the documents."""
    portal = read.sources.get(PORTAL)
    if not tree.own_rules:
        listed = read.portal[0].rules if read.portal else None
        return (), [_nothing_read(portal)] if portal and listed else []
    from reconciler.documents.own_rules.rulebook import judge_documents  # noqa: PLC0415  see `_rulebook`

    book = _rulebook(tree.own_rules, portal)
    return book.digests, [*book.problems, *judge_documents(book.rules, read.accepted)]


def _nothing_read(portal: Source) -> Problem:
    at: Path = ("rules",)
    return portal.problem(RuleId.RULES, portal.span(at), "no file of the rules was read", at=at, hint="check the paths")


def _portal_source(tree: Tree) -> Source | None:
    for file in tree.files:
        if file.path == PORTAL and file.content is not None:
            try:
                text = decode(file.content)
                return Source(PORTAL, tuple(text.split("\n")), compose(text))
            except Refusal:
                return None
    return None


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
        read.accepted.append((item.kind, read.sources[path]))
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
            made = to_desired.contact(document, source, item.customer, item.key)
            read.contacts.setdefault(item.customer, {})[item.key] = made
        case Removed():
            gone = to_desired.farewell(document, source, item.customer, item.key)
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
        key: to_desired.customer(document, source, key, read.contacts.get(key, {}), read.farewells.get(key, {}))
        for key, (document, source) in sorted(read.customers.items())
    }
