"""One rule file: bytes in; a rule that can be evaluated, or every problem of the file, out.

The `title` and the `x-…` members describe the rule; the schema around them is its condition. A rule
is one schema in one file: references begin with `#`, and nothing is fetched.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.documents.field_types import KEY_PATTERN
from reconciler.documents.own_rules.evaluation import KEYWORDS, Evaluator
from reconciler.documents.own_rules.patterns import PatternRefused, compile_pattern
from reconciler.documents.own_rules.references import (
    Subschema,
    resolve,
    subschemas,
    without_identifiers,
)
from reconciler.documents.positions import Composed, DocumentError, Path, Span
from reconciler.documents.source_text import decode
from reconciler.documents.strict_json import RULE as JSON_RULE
from reconciler.documents.strict_json import compose_json
from reconciler.documents.types import DOCUMENTS
from reconciler.documents.validation import Source
from reconciler.model.files import SourceFile
from reconciler.model.keys import KEY_MAX_LENGTH
from reconciler.model.problems import Problem, Severity
from reconciler.model.rules import RuleId

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
MAX_BYTES: Final = 64 * 1024
PREFIX: Final = "own/"
TOO_SLOW: Final = RuleId.RULE_TOO_SLOW

_ID: Final = re.compile(f"{PREFIX}{KEY_PATTERN.removeprefix('^')}")
_MAX_TEXT_LENGTH: Final = 500
_MEMBERS: Final = ("x-applies-to", "x-hint", "x-id", "x-severity")
_MEMBER, _SCHEMA, _PATTERN = RuleId.RULE_MEMBER, RuleId.RULE_SCHEMA, RuleId.RULE_PATTERN
_ONLY_AT_THE_TOP: Final = frozenset({"$schema", "$id", "$vocabulary"})


@dataclass(frozen=True, slots=True)
class OwnRule:
    """One rule of the provider.

    `applies_to`: kinds of documents. `digest`: recorded when the rule is applied. `references`: the
    target of each `$ref` of the schema.
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
    """Return the rule that the file holds, or its problems."""
    content = file.content or b""
    lines: tuple[str, ...] = ()
    try:
        if len(content) > MAX_BYTES:
            raise DocumentError(
                JSON_RULE,
                f"{len(content):,} bytes; the limit is {MAX_BYTES:,}",
                Span(1, 1),
            )
        # The same demands on bytes as for documents: UTF-8, no hidden characters, no
        # conflict markers.
        text = decode(content)
        lines = tuple(text.split("\n"))
        source = Source(file.path, lines, compose_json(text))
    except DocumentError as refusal:
        source = Source(file.path, lines, Composed())
        return [
            source.problem(refusal.rule, refusal.span, refusal.message, hint=refusal.hint)
        ]
    if not isinstance(source.composed.value, dict):
        return [
            source.problem(
                _SCHEMA,
                Span(1, 1),
                "a rule must be a JSON object",
                hint="see customers/README.md",
            )
        ]
    all_subschemas = list(subschemas(source.composed.value))
    problems = [*_members(source), *_schema_problems(source, all_subschemas, evaluator)]
    references, unresolved = resolve(source, all_subschemas)
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
        schema=without_identifiers(value),
        references=references,
        source=source,
    )


def _members(source: Source) -> Iterator[Problem]:
    """Yield the problems of the members that describe a rule."""
    value = source.composed.value
    kinds, severities = sorted(DOCUMENTS), [Severity.ERROR, Severity.WARNING]
    yield from _text(
        source, "title", "write the message that people will read", is_required=True
    )
    yield from _text(source, "x-hint", "write what to do about the problem")
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
            message, hint = (
                f"'{key[:40]}' is not a known member",
                f"did you mean '{near[0]}'?",
            )
            yield source.problem(
                _MEMBER, source.composed.keys[at], message, at=at, hint=hint
            )


def _id(source: Source) -> Iterator[Problem]:
    rule_id = source.composed.value.get("x-id")
    if (
        not isinstance(rule_id, str)
        or not _ID.fullmatch(rule_id)
        or len(rule_id) > len(PREFIX) + KEY_MAX_LENGTH
    ):
        yield _member(source, "x-id", f"write an id as {PREFIX}manager-has-a-language")
    elif rule_id == TOO_SLOW:
        message = f"'{TOO_SLOW}' is the id of a rule of the program"
        yield source.problem(
            _MEMBER, source.span(("x-id",)), message, at=("x-id",), hint="choose another id"
        )


def _text(
    source: Source, member: str, hint: str, *, is_required: bool = False
) -> Iterator[Problem]:
    value = source.composed.value
    if member not in value and not is_required:
        return
    text = value.get(member)
    if not isinstance(text, str) or not text.strip() or len(text) > _MAX_TEXT_LENGTH:
        yield _member(source, member, f"{hint}, in at most {_MAX_TEXT_LENGTH} characters")


def _member(source: Source, member: str, hint: str) -> Problem:
    """Return the problem of a member that is missing or has an invalid value."""
    if member not in source.composed.value:
        return source.problem(_MEMBER, Span(1, 1), f"'{member}' is missing", hint=hint)
    message = f"'{member}' cannot have this value"
    return source.problem(_MEMBER, source.span((member,)), message, at=(member,), hint=hint)


def _is_one_or_some(value: Any, choices: list[str]) -> bool:
    if isinstance(value, list):
        return bool(value) and all(
            isinstance(item, str) and item in choices for item in value
        )
    return isinstance(value, str) and value in choices


def _schema_problems(
    source: Source, all_subschemas: list[Subschema], evaluator: Evaluator
) -> Iterator[Problem]:
    dialect = source.composed.value.get("$schema", DIALECT)
    if dialect not in {DIALECT, f"{DIALECT}#"} if isinstance(dialect, str) else True:
        message = "only JSON Schema 2020-12 is supported"
        yield source.problem(
            _SCHEMA,
            source.span(("$schema",)),
            message,
            at=("$schema",),
            hint=f"write {DIALECT}",
        )
    for subschema in all_subschemas:
        if isinstance(subschema.schema, dict):
            for keyword, value in subschema.schema.items():
                yield from _keyword_problems(
                    source, (*subschema.at, keyword), value, evaluator
                )


def _keyword_problems(
    source: Source, at: Path, value: Any, evaluator: Evaluator
) -> Iterator[Problem]:
    keyword = str(at[-1])
    if keyword.startswith("x-"):
        return
    if refusal := _refused_keyword(keyword, at):
        yield source.problem(
            _SCHEMA, source.composed.keys[at], refusal[0], at=at, hint=refusal[1]
        )
        return
    if fault := evaluator.first_fault(keyword, value):
        below, constraint, limit = fault
        place = (*at, *below)
        yield source.problem(
            _SCHEMA,
            source.span(place),
            _sentence(keyword, below, constraint, limit),
            at=place,
        )
        return
    # A warning, because many authors expect `format: email` to check something.
    if keyword == "format":
        message = "'format' is an annotation in JSON Schema 2020-12 and checks nothing"
        hint = "write a 'pattern' to check the text"
        key = source.composed.keys[at]
        yield source.problem(
            _SCHEMA, key, message, at=at, hint=hint, severity=Severity.WARNING
        )
    yield from _pattern_problems(source, at, value)


def _refused_keyword(keyword: str, at: Path) -> tuple[str, str] | None:
    if keyword in {"$dynamicRef", "$dynamicAnchor"}:
        return f"'{keyword}' is not supported", "write a '$ref' to a place in this file"
    if keyword in _ONLY_AT_THE_TOP and (len(at) > 1 or keyword == "$vocabulary"):
        return (
            f"'{keyword}' is not supported inside a schema",
            "delete the line; a rule is one schema",
        )
    if keyword in KEYWORDS:
        return None
    near = difflib.get_close_matches(keyword, KEYWORDS, 1, 0.6)
    hint = (
        f"did you mean '{near[0]}'?"
        if near
        else "start the names of your own annotations with x-"
    )
    return f"'{keyword[:40]}' is not a keyword of JSON Schema 2020-12", hint


def _sentence(keyword: str, below: Path, constraint: str, limit: Any) -> str:
    subject = f"a value in '{keyword}'" if below else f"'{keyword}'"
    match constraint:
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


def _pattern_problems(source: Source, at: Path, value: Any) -> Iterator[Problem]:
    """Yield a problem for each pattern that the linear engine does not accept."""
    patterns: list[tuple[str, Path, Span]] = []
    if at[-1] == "pattern":
        patterns = [(value, at, source.span(at))]
    elif at[-1] == "patternProperties":
        patterns = [
            (pattern, (*at, pattern), source.composed.keys[(*at, pattern)])
            for pattern in value
        ]
    for pattern, place, span in patterns:
        try:
            compile_pattern(pattern)
        except PatternRefused as error:
            message = f"the pattern is not accepted: {error}"
            hint = "use RE2 syntax, without look-around and backreferences"
            yield source.problem(_PATTERN, span, message, at=place, hint=hint)
