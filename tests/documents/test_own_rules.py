"""A provider's own rules: whatever a rule file holds ends in a verdict, and soon."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from reconciler.documents.own_rules.evaluation import Evaluator, TooSlow
from reconciler.documents.own_rules.references import MAX_CHAIN_LENGTH
from reconciler.documents.own_rules.rule_files import DIALECT, OwnRule, read_rule
from reconciler.documents.pipeline import check_last_applied, read_documents
from reconciler.documents.strict_json import MAX_DEPTH, compose_json
from reconciler.documents.tree_rules import own_rules, rule_patterns
from reconciler.model.errors import WrongUsage
from reconciler.model.fields import is_memo
from reconciler.model.files import SourceFile, Tree
from reconciler.model.problems import Problem, Severity
from reconciler.usecases.explain import own_rule_among
from tests.examples import examples

PORTAL = b"schema_version: 1\nowner: acme\nrules:\n  - policy/*.json\n"
CUSTOMER = b"name: ACME\nproject_managers: [lee@provider.example]\nservices: all\nmanager_optional: true\n"
JANE = "name: Jane Doe\nemail: jane@acme.example\nrole: manager\n"
SOON_S = 2.0


def rule(**members: Any) -> dict[str, Any]:
    return {"title": "a rule", "x-id": "own/a", "x-applies-to": "contact", **members}


def file(content: bytes | dict[str, Any], name: str = "a") -> SourceFile:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return SourceFile(f"policy/{name}.json", text)


def tree(*rules: SourceFile, jane: str = JANE, portal: bytes = PORTAL) -> Tree:
    files = (
        SourceFile("customers/acme/contacts/jane.yaml", jane.encode()),
        SourceFile("customers/acme/customer.yaml", CUSTOMER),
        SourceFile("portal.yaml", portal),
    )
    return Tree(files, own_rules=rules)


def problems(*rules: SourceFile, jane: str = JANE) -> list[tuple[str, str, int, int]]:
    found = read_documents(tree(*rules, jane=jane)).problems
    return [(problem.rule, problem.path, problem.line, problem.column) for problem in found]


def soon(act: Callable[[], Any]) -> Any:
    """What the act gives; its processor time has a limit, so a loaded machine does not matter."""
    began = time.process_time()
    given = act()
    assert time.process_time() - began < SOON_S
    return given


def test_the_digests_of_the_rules_are_remembered() -> None:
    one, other = file(rule(**{"x-id": "own/b"}), "1"), file(rule(), "2")
    reading = read_documents(tree(one, other))
    hashes = [hashlib.sha256(each.content or b"").hexdigest() for each in (other, one)]
    assert reading.desired is not None
    assert reading.desired.settings.fields["rules"] == (f"own/a@sha256:{hashes[0]}", f"own/b@sha256:{hashes[1]}")
    assert is_memo("rules")


def test_without_rules_nothing_is_remembered() -> None:
    plain = read_documents(tree(portal=b"schema_version: 1\nowner: acme\n"))
    empty = read_documents(tree(portal=b"schema_version: 1\nowner: acme\nrules: []\n"))
    assert plain.desired is not None
    assert "rules" not in plain.desired.settings.fields
    assert empty.desired is not None
    assert empty.desired.settings.fields["rules"] == ()


@pytest.mark.parametrize(
    ("portal", "patterns"),
    [
        (PORTAL, ("policy/*.json",)),
        (b"rules: [a.json, 1, b.json]\nowner: [", ()),
        (b"rules: [a.json, 1, b.json]\nnonsense: 1\n", ("a.json", "b.json")),
        (b"rules: a.json\n", ()),
        (b"- rules\n", ()),
        (b"\xff", ()),
    ],
)
def test_the_patterns_are_read_even_where_the_rest_of_the_file_is_not_right(
    portal: bytes, patterns: tuple[str, ...]
) -> None:
    assert rule_patterns(tree(portal=portal)) == patterns
    assert rule_patterns(Tree(())) == ()


def test_a_warning_does_not_make_the_files_invalid() -> None:
    reading = read_documents(tree(file(rule(required=["language"], **{"x-severity": "warning"}))))
    assert [problem.severity for problem in reading.problems] == [Severity.WARNING]
    assert reading.desired is not None


def test_two_findings_of_one_rule_at_one_place_are_one_problem() -> None:
    twice = rule(allOf=[{"properties": {"name": {"maxLength": 1}}}, {"properties": {"name": {"pattern": "^x"}}}])
    assert problems(file(twice)) == [("own/a", "customers/acme/contacts/jane.yaml", 1, 7)]


def test_a_refused_key_is_found_where_it_stands() -> None:
    for schema in (
        {"properties": {"role": False}},
        {"properties": {"name": True, "email": True}, "additionalProperties": False},
        {"properties": {"name": True}, "patternProperties": {"^e": True}, "unevaluatedProperties": False},
        {"propertyNames": {"enum": ["name", "email"]}},
    ):
        assert problems(file(rule(**schema))) == [("own/a", "customers/acme/contacts/jane.yaml", 3, 7)]


@pytest.mark.parametrize("text", ["a" * 27 + "!", "a" * 199 + "!"])
def test_a_pattern_that_backtracks_elsewhere_is_matched_in_linear_time(text: str) -> None:
    nested = rule(properties={"name": {"pattern": "^(a+)+$"}})
    jane = JANE.replace("Jane Doe", text)
    assert soon(lambda: problems(file(nested), jane=jane)) == [("own/a", "customers/acme/contacts/jane.yaml", 1, 7)]


def test_a_slow_rule_is_reported_once_and_judges_no_further_document() -> None:
    slow: dict[str, Any] = {
        "$ref": "#/$defs/0",
        "$defs": {str(n): {"anyOf": [{"$ref": f"#/$defs/{n + 1}"}] * 4} for n in range(7)},
    }
    slow["$defs"]["7"] = {"type": "string"}
    files = tree(file(rule(**slow))).files
    more = tuple(
        SourceFile(f"customers/acme/contacts/c{n}.yaml", JANE.replace("jane@", f"c{n}@").encode()) for n in range(99)
    )
    reading = soon(lambda: read_documents(Tree((*files, *more), own_rules=(file(rule(**slow)),))))
    assert [problem.rule for problem in reading.problems] == ["own/too-slow"]


@pytest.mark.parametrize(
    "schema",
    [
        {"uniqueItems": True},
        {"items": {"enum": [{"a": n} for n in range(500)]}},
        {"contains": {"const": 1}, "minContains": 2},
        {"anyOf": [{"const": list(range(400))}] * 100},
        {"items": {"pattern": "(a{1,30}){1,30}"}},
        {"unevaluatedItems": {"not": {}}},
    ],
)
def test_what_grows_with_the_value_spends_steps(schema: dict[str, Any]) -> None:
    values: list[Any] = [f"{'a' * 20}{n}" for n in range(10_000)]

    def judged() -> None:
        with pytest.raises(TooSlow):
            Evaluator().findings(schema, {}, values)

    soon(judged)


def test_the_deepest_rule_that_is_accepted_overflows_no_stack() -> None:
    """Each level of the value may cost a whole chain of schemas, and each link a few frames."""
    chain: dict[str, Any] = {
        str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}]} for n in range(MAX_CHAIN_LENGTH // 2 - 2)
    }
    last = str(MAX_CHAIN_LENGTH // 2 - 2)
    chain[last] = {"additionalProperties": {"$ref": "#/$defs/0"}, "items": {"$ref": "#/$defs/0"}}
    read = read_rule(file(rule(**{"$ref": "#/$defs/0", "$defs": chain})), Evaluator())
    assert isinstance(read, OwnRule), read
    value: Any = "x"
    for _ in range(5):  # as deep as documents are that our own schema accepts
        value = {"a": value}
    before = sys.getrecursionlimit()
    assert before <= 1000
    assert Evaluator().findings(read.schema, read.references, value) == []


def test_the_deepest_rule_file_is_read() -> None:
    for word in (b"not", b"items", b"additionalProperties"):
        text = b'{"%s":' % word * MAX_DEPTH + b"true" + b"}" * MAX_DEPTH
        assert isinstance(read_rule(file(text), Evaluator()), list)


KEYWORDS = st.sampled_from(["name", "email", "a"])


def _grown(below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    schemas = st.lists(below, min_size=1, max_size=3)
    named = st.dictionaries(KEYWORDS, below, max_size=3)
    keywords: dict[str, st.SearchStrategy[Any]] = {
        **dict.fromkeys(["allOf", "anyOf", "oneOf", "prefixItems"], schemas),
        **dict.fromkeys(
            ["not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames"], below
        ),
        **dict.fromkeys(["unevaluatedItems", "unevaluatedProperties"], below),
        **dict.fromkeys(["properties", "dependentSchemas", "$defs"], named),
        "patternProperties": st.dictionaries(PATTERNS, below, max_size=2),
    }
    return st.lists(st.sampled_from(sorted(keywords)), max_size=4, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: keywords[name] for name in names})
    )


PATTERNS = st.sampled_from(["^a", "n$", "^(a+)+$", "(na|me)*", ".", "[a-e]{2,5}"])
LEAVES = st.one_of(
    st.booleans(),
    st.sampled_from([
        {"type": "string"}, {"type": ["object", "array"]}, {"minLength": 3}, {"enum": ["a", 1, None]}, {"const": "a"},
        {"required": ["name"]}, {"uniqueItems": True}, {"maxProperties": 1}, {"multipleOf": 0.1}, {"minimum": 2},
        {"minItems": 1}, {"dependentRequired": {"name": ["email"]}},
    ]),
    PATTERNS.map(lambda pattern: {"pattern": pattern}),
)  # fmt: skip
SCHEMAS = st.recursive(LEAVES, _grown, max_leaves=12).filter(lambda schema: isinstance(schema, dict))
REFERENCES = st.sampled_from(
    ["#", "#/$defs/a", "#/$defs/name", "#/properties/a", "#a", "http://a.example/", "#/$defs/0"]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["a", "name", "aaa", ""])),
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(KEYWORDS, below, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=examples(300), deadline=None)
@given(SCHEMAS, VALUES)
@example({"allOf": [{"properties": {"a": True}}], "unevaluatedProperties": False}, {"a": 1, "name": 2})
@example({"anyOf": [{"required": ["b"], "properties": {"a": True}}, True], "unevaluatedProperties": False}, {"a": 1})
@example({"if": {"properties": {"a": {"const": 1}}}, "then": True, "unevaluatedProperties": False}, {"a": 1})
@example({"contains": {"const": 1}, "unevaluatedItems": False}, [1, 1])
def test_the_verdict_is_the_one_of_jsonschema(schema: dict[str, Any], value: Any) -> None:
    assert (Evaluator().findings(schema, {}, value) == []) == Draft202012Validator(schema).is_valid(value)


@settings(max_examples=examples(200), deadline=None)
@given(
    SCHEMAS,
    st.sampled_from(["type", "minLength", "required", "properties", "allOf", "not", "enum", "multipleOf"]),
    VALUES,
)
def test_a_rule_file_holds_a_schema_exactly_when_the_meta_schema_says_so(
    schema: dict[str, Any], keyword: str, value: Any
) -> None:
    asked = {**rule(), **schema, "$defs": {"x": {keyword: value}}}
    found = read_rule(file(asked), Evaluator())
    try:
        Draft202012Validator.check_schema(asked)
    except SchemaError:
        assert isinstance(found, list)
    else:
        unknown = {problem.message.split("'")[1] for problem in found} if isinstance(found, list) else set()
        assert unknown <= {"a", "name", "email"}  # a schema may hold unknown keywords; a rule may not


@settings(max_examples=examples(300), deadline=None)
@given(
    SCHEMAS, st.lists(st.tuples(st.sampled_from(["$ref", "$dynamicRef", "$anchor"]), REFERENCES), max_size=3), VALUES
)
def test_any_schema_ends_soon_in_a_verdict(
    schema: dict[str, Any], references: list[tuple[str, str]], value: Any
) -> None:
    definitions = {"a": {**schema, **dict(references)}, "name": {"allOf": [schema, {"$ref": "#/$defs/a"}]}}
    asked = rule(**{**schema, "$defs": definitions, **dict(references[:1])})
    found = soon(lambda: read_documents(tree(file(asked))).problems)
    assert all(isinstance(problem, Problem) for problem in found)


FRAGMENTS = st.lists(
    st.sampled_from(['{', '}', '[', ']', ':', ',', '"title"', '"x-id"', '"own/a"', '"$ref"', '"#"', "1", "-", "1e999", "null",
                     '"\\ud800"', '"\\', '"', " ", "\n", "tru", '"$defs"', '"a":{"$ref":"#/$defs/a"}', "\u00e9"]),
    max_size=30,
).map("".join)  # fmt: skip


@settings(max_examples=examples(400), deadline=None)
@given(st.one_of(st.binary(max_size=200), FRAGMENTS.map(str.encode)))
@example(b"[" * 60_000)
@example(b'{"a":' * 12_000)
@example(b'"' + b"\\u0041" * 10_000)
@example(b"9" * 60_000)
@example(b"[" + b"1," * 30_000)
@example(b'{"required":[' + b"{}," * 1_900 + b"{}]}")
def test_any_bytes_end_soon_in_a_verdict(content: bytes) -> None:
    found = soon(lambda: read_documents(tree(file(content))).problems)
    assert any(problem.path == "policy/a.json" for problem in found)


@settings(max_examples=examples(300), deadline=None)
@given(st.recursive(VALUES, lambda below: st.lists(below, max_size=3), max_leaves=5))
def test_json_is_read_as_the_value_it_writes(value: Any) -> None:
    assert compose_json(json.dumps(value, indent=1)).value == value


def test_a_rule_that_was_loosened_or_dropped_judges_until_the_next_run() -> None:
    strict = file(rule(required=["language"], **{"x-hint": "add a language"}))
    dropped = file(rule(properties={"role": {"const": "observer"}}, **{"x-id": "own/b"}), "b")
    kept = file(rule(**{"x-id": "own/c"}), "c")
    applied = (strict, dropped, kept)
    remembered = [each.digest for each in own_rules(tree(*applied))]
    today = tree(file(rule()), kept)
    judged = check_last_applied(today, remembered, applied)
    assert read_documents(today).problems == ()
    assert judged.rules == ("own/a", "own/b")
    assert judged.missing_digests == ()
    assert [(problem.rule, problem.line) for problem in judged.problems] == [("own/a", 1), ("own/b", 3)]
    assert (judged.problems[0].hint or "").startswith("add a language; the rule was changed or deleted")


def test_a_rule_last_applied_whose_file_is_not_at_hand_is_named() -> None:
    remembered = ["own/a@sha256:" + "0" * 64]
    judged = check_last_applied(tree(file(rule())), remembered, [])
    assert (judged.rules, judged.missing_digests, judged.problems) == ((), tuple(remembered), ())


def test_rules_that_did_not_change_cost_nothing() -> None:
    today = tree(file(rule(required=["language"])))
    remembered = [each.digest for each in own_rules(today)]
    assert check_last_applied(today, remembered, []).rules == ()


def test_a_rule_is_found_by_its_id_and_a_slip_is_answered_with_the_right_one() -> None:
    rules = own_rules(tree(file(rule(**{"x-id": "own/company-domain"}))))
    assert own_rule_among(rules, "own/company-domain").source.path == "policy/a.json"
    with pytest.raises(WrongUsage, match="own/compny-domain") as unknown:
        own_rule_among(rules, "own/compny-domain")
    assert unknown.value.hint == "did you mean 'own/company-domain'?"


def test_the_example_of_the_handbook_is_a_rule_that_finds_what_it_says() -> None:
    page = (Path(__file__).parents[2] / "customers" / "README.md").read_text("utf-8")
    example = page.partition("```json\n")[2].partition("```")[0].encode()
    path = "customers/acme/contacts/jane.yaml"
    assert problems(file(example)) == [("own/manager-has-a-language", path, 1, 1)]
    assert problems(file(example), jane=f"{JANE}language: de\n") == []
    elsewhere = JANE.replace("acme.example", "elsewhere.example")
    assert problems(file(example), jane=f"{elsewhere}language: de\n") == [("own/manager-has-a-language", path, 2, 8)]


def test_a_file_that_two_patterns_name_is_one_rule() -> None:
    assert problems(file(rule()), file(rule())) == []


def test_the_dialect_may_be_named_or_left_out() -> None:
    assert problems(file(rule(**{"$schema": DIALECT, "$id": "https://acme.example/rules/a"}))) == []
