"""One rule file: bytes in; a rule that can be evaluated, or every problem of the file, out.

What a rule says about itself stands in `title` and the `x-…` members; what it asks for is the
schema around them. A rule is one schema in one file: references begin with `#`, and nothing is fetched.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.documents.own_rules.evaluation import KEYWORDS, Evaluator
from reconciler.documents.own_rules.patterns import PatternRefused, compiled
from reconciler.documents.own_rules.references import Subschema, found_root, resolve, subschemas
from reconciler.documents.strict_json import RULE as JSON_RULE
from reconciler.documents.strict_json import compose_json
from reconciler.documents.strict_yaml import Composed, Path, Refusal, Span, decode
from reconciler.documents.types import DOCUMENTS, KEY_PATTERN
from reconciler.documents.validation import Source
from reconciler.model.files import SourceFile
from reconciler.model.keys import KEY_MAX_LENGTH
from reconciler.model.problems import Problem, Severity
from reconciler.model.rules import RuleId

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
MOST_BYTES: Final = 64 * 1024
PREFIX: Final = "own/"
TOO_SLOW: Final = RuleId.RULE_TOO_SLOW

_ID: Final = re.compile(f"{PREFIX}{KEY_PATTERN.removeprefix('^')}")
_LONGEST_TEXT: Final = 500
_MEMBERS: Final = ("x-applies-to", "x-hint", "x-id", "x-severity")
_MEMBER, _SCHEMA, _PATTERN = RuleId.RULE_MEMBER, RuleId.RULE_SCHEMA, RuleId.RULE_PATTERN
_ONLY_AT_THE_TOP: Final = frozenset({"$schema", "$id", "$vocabulary"})


@dataclass(frozen=True, slots=True)
class OwnRule:
    """One rule of the provider.

    `applies_to`: kinds of documents. `digest`: what is remembered of it when it is applied.
    `references`: where each `$ref` of the schema leads.
    """

    id: str
    title: str
    hint: str | None
    severity: Severity
    applies_to: frozenset[str]
    digest: str
    schema: Mapping[str, Any]
    references: Mapping[str, Any]
    source: Source

    @property
    def place(self) -> Span:
        """The place of its id in its file."""
        return self.source.span(("x-id",))


def read_rule(file: SourceFile, evaluator: Evaluator) -> OwnRule | list[Problem]:
    """The rule that the file holds, or its problems."""
    content = file.content or b""
    lines: tuple[str, ...] = ()
    try:
        if len(content) > MOST_BYTES:
            raise Refusal(JSON_RULE, f"{len(content):,} bytes; the limit is {MOST_BYTES:,}", Span(1, 1))
        text = decode(content)
        lines = tuple(text.split("\n"))
        source = Source(file.path, lines, compose_json(text))
    except Refusal as refusal:
        source = Source(file.path, lines, Composed())
        return [source.problem(refusal.rule, refusal.span, refusal.message, hint=refusal.hint)]
    if not isinstance(source.composed.value, dict):
        return [source.problem(_SCHEMA, Span(1, 1), "a rule must be a JSON object", hint="see customers/README.md")]
    found = list(subschemas(source.composed.value))
    problems = [*_members(source), *_judged_schema(source, found, evaluator)]
    references, unresolved = resolve(source, found)
    problems += unresolved
    if any(problem.severity is Severity.ERROR for problem in problems):
        return problems
    return _rule(source, references, hashlib.sha256(content).hexdigest())


def _rule(source: Source, references: Mapping[str, Any], sha256: str) -> OwnRule:
    value = source.composed.value
    applies_to = value["x-applies-to"]
    return OwnRule(
        id=value["x-id"],
        title=value["title"],
        hint=value.get("x-hint"),
        severity=Severity(value.get("x-severity", Severity.ERROR)),
        applies_to=frozenset([applies_to] if isinstance(applies_to, str) else applies_to),
        digest=f"{value['x-id']}@sha256:{sha256}",
        schema=found_root(value),
        references=references,
        source=source,
    )


def _members(source: Source) -> Iterator[Problem]:
    """The problems of the members by which a rule describes itself."""
    value = source.composed.value
    kinds, severities = sorted(DOCUMENTS), list(Severity)
    yield from _text(source, "title", "write the message that people shall read", required=True)
    yield from _text(source, "x-hint", "write what to do about it")
    yield from _id(source)
    applies_to = value.get("x-applies-to")
    if not _is_one_or_some(applies_to, kinds):
        yield _member(source, "x-applies-to", f"write one or a list of {', '.join(kinds)}")
    if value.get("x-severity", Severity.ERROR) not in severities:
        yield _member(source, "x-severity", f"write {' or '.join(severities)}")
    for key in value:
        if not key.startswith("x-") or key in _MEMBERS:
            continue
        if near := difflib.get_close_matches(key, _MEMBERS, 1, 0.75):
            at: Path = (key,)
            message, hint = f"'{key[:40]}' means nothing here", f"did you mean '{near[0]}'?"
            yield source.problem(_MEMBER, source.composed.keys[at], message, at=at, hint=hint)


def _id(source: Source) -> Iterator[Problem]:
    written = source.composed.value.get("x-id")
    if not isinstance(written, str) or not _ID.fullmatch(written) or len(written) > len(PREFIX) + KEY_MAX_LENGTH:
        yield _member(source, "x-id", f"write an id as {PREFIX}manager-has-a-language")
    elif written == TOO_SLOW:
        message = f"'{TOO_SLOW}' is the id of a rule of the program"
        yield source.problem(_MEMBER, source.span(("x-id",)), message, at=("x-id",), hint="choose another id")


def _text(source: Source, member: str, hint: str, *, required: bool = False) -> Iterator[Problem]:
    value = source.composed.value
    if member not in value and not required:
        return
    text = value.get(member)
    if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST_TEXT:
        yield _member(source, member, f"{hint}, in at most {_LONGEST_TEXT} characters")


def _member(source: Source, member: str, hint: str) -> Problem:
    """A member that is missing, or has a value that it may not have."""
    if member not in source.composed.value:
        return source.problem(_MEMBER, Span(1, 1), f"'{member}' is missing", hint=hint)
    message = f"the value of '{member}' is not one that it may have"
    return source.problem(_MEMBER, source.span((member,)), message, at=(member,), hint=hint)


def _is_one_or_some(value: Any, known: list[str]) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, str) and item in known for item in value)
    return isinstance(value, str) and value in known


def _judged_schema(source: Source, found: list[Subschema], evaluator: Evaluator) -> Iterator[Problem]:
    dialect = source.composed.value.get("$schema", DIALECT)
    if dialect not in {DIALECT, f"{DIALECT}#"} if isinstance(dialect, str) else True:
        message = "only JSON Schema 2020-12 is understood"
        yield source.problem(_SCHEMA, source.span(("$schema",)), message, at=("$schema",), hint=f"write {DIALECT}")
    for subschema in found:
        if isinstance(subschema.schema, dict):
            for keyword, value in subschema.schema.items():
                yield from _judged_keyword(source, (*subschema.at, keyword), value, evaluator)


def _judged_keyword(source: Source, at: Path, value: Any, evaluator: Evaluator) -> Iterator[Problem]:
    keyword = str(at[-1])
    if keyword.startswith("x-"):
        return
    if refused := _refused_keyword(keyword, at):
        yield source.problem(_SCHEMA, source.composed.keys[at], refused[0], at=at, hint=refused[1])
        return
    if fault := evaluator.first_fault(keyword, value):
        below, asked, limit = fault
        place = (*at, *below)
        yield source.problem(_SCHEMA, source.span(place), _sentence(keyword, below, asked, limit), at=place)
        return
    if keyword == "format":
        message = "'format' is a note in JSON Schema 2020-12 and checks nothing"
        hint = "write a 'pattern' to check the text"
        key = source.composed.keys[at]
        yield source.problem(_SCHEMA, key, message, at=at, hint=hint, severity=Severity.WARNING)
    yield from _judged_patterns(source, at, value)


def _refused_keyword(keyword: str, at: Path) -> tuple[str, str] | None:
    if keyword in {"$dynamicRef", "$dynamicAnchor"}:
        return f"'{keyword}' is not used here", "write a '$ref' to a place in this file"
    if keyword in _ONLY_AT_THE_TOP and (len(at) > 1 or keyword == "$vocabulary"):
        return f"'{keyword}' is not used inside a schema here", "a rule is one schema; delete the line"
    if keyword in KEYWORDS:
        return None
    near = difflib.get_close_matches(keyword, KEYWORDS, 1, 0.6)
    hint = f"did you mean '{near[0]}'?" if near else "begin the names of your own notes with x-"
    return f"'{keyword[:40]}' is not a keyword of JSON Schema 2020-12", hint


def _sentence(keyword: str, below: Path, asked: str, limit: Any) -> str:
    subject = f"a value in '{keyword}'" if below else f"'{keyword}'"
    match asked:
        case "type":
            types = [limit] if isinstance(limit, str) else limit
            return f"{subject} must be of type {' or '.join(types)}"
        case "minimum":
            return f"{subject} must be at least {limit}"
        case "minItems":
            return f"{subject} must not be empty"
        case "exclusiveMinimum":
            return f"{subject} must be greater than {limit}"
        case "uniqueItems":
            return f"{subject} holds an item twice"
    return f"{subject} has a value that JSON Schema 2020-12 does not allow"


def _judged_patterns(source: Source, at: Path, value: Any) -> Iterator[Problem]:
    """A problem for each pattern that the linear engine does not accept."""
    patterns: list[tuple[str, Path, Span]] = []
    if at[-1] == "pattern":
        patterns = [(value, at, source.span(at))]
    elif at[-1] == "patternProperties":
        patterns = [(pattern, (*at, pattern), source.composed.keys[(*at, pattern)]) for pattern in value]
    for pattern, place, span in patterns:
        try:
            compiled(pattern)
        except PatternRefused as refused:
            message = f"the pattern is not accepted: {refused}"
            hint = "patterns are written in RE2's syntax: no look-around, no backreferences"
            yield source.problem(_PATTERN, span, message, at=place, hint=hint)
