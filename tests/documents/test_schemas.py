"""The committed schemas: generated from the types, and of one mind with them about every value."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from reconciler.documents.schemas import generate_schemas
from reconciler.documents.types import DOCUMENTS
from reconciler.shipped import schemas_folder
from tests.documents.values import FULL, VALUES, near_valid
from tests.examples import examples

SCHEMAS = schemas_folder()
TEXTS: dict[str, dict[str, Any]] = {
    kind: json.loads((SCHEMAS / f"{kind}.schema.json").read_text("utf-8")) for kind in DOCUMENTS
}
VALIDATORS = {kind: Draft202012Validator(schema) for kind, schema in TEXTS.items()}
KINDS = sorted(DOCUMENTS)


def typed_accepts(kind: str, value: Any) -> bool:
    try:
        DOCUMENTS[kind].model_validate(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", sorted(generate_schemas()))
def test_the_committed_schema_is_what_the_types_generate(name: str) -> None:
    assert (SCHEMAS / name).read_text("utf-8") == generate_schemas()[name]


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_a_valid_schema_with_an_id_of_its_own(kind: str) -> None:
    schema = TEXTS[kind]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"].endswith(f"/{kind}.schema.json")


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_has_a_description_or_an_example_for_the_editor(kind: str) -> None:
    schema = TEXTS[kind]
    for mapping in [schema, *schema.get("$defs", {}).values()]:
        for key, said in mapping.get("properties", {}).items():
            assert {"description", "examples", "$ref"} & set(said), key


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_in_a_schema_are_valid(kind: str) -> None:
    schema = TEXTS[kind]
    for mapping in [schema, *schema.get("$defs", {}).values()]:
        for said in mapping.get("properties", {}).values():
            for example in said.get("examples", []):
                resolved = {**said, "$defs": schema.get("$defs", {})}
                assert Draft202012Validator(resolved).is_valid(example), example


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_that_says_everything_names_every_key_and_is_valid(kind: str) -> None:
    assert set(FULL[kind]) == set(DOCUMENTS[kind].model_fields)
    assert typed_accepts(kind, FULL[kind])
    assert VALIDATORS[kind].is_valid(FULL[kind])


@settings(max_examples=examples(1500), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(near_valid())
def test_schema_and_types_agree_on_every_near_valid_value(case: tuple[str, Any]) -> None:
    kind, value = case
    assert VALIDATORS[kind].is_valid(value) == typed_accepts(kind, value)


@settings(max_examples=examples(300), deadline=None)
@given(st.sampled_from(KINDS), VALUES)
def test_schema_and_types_agree_on_any_value(kind: str, value: Any) -> None:
    assert VALIDATORS[kind].is_valid(value) == typed_accepts(kind, value)


def test_schema_and_types_agree_where_python_and_javascript_do_not() -> None:
    for value in _TRAPS:
        assert VALIDATORS["portal"].is_valid(value) == typed_accepts("portal", value)


@pytest.mark.parametrize("kind", KINDS)
def test_schema_and_types_agree_when_any_one_value_is_replaced(kind: str) -> None:
    others: list[Any] = [None, True, False, 0, 1, -1, 10**30, "", "x", "all", "none", [], {}, [1], ["a", "a"], {"a": 1}]
    for path in _paths(FULL[kind]):
        for other in others:
            value = _with(FULL[kind], path, other)
            assert VALIDATORS[kind].is_valid(value) == typed_accepts(kind, value), (path, other)


def test_the_check_jsonschema_command_gives_the_same_verdicts(tmp_path: Path) -> None:
    cases = [*((kind, FULL[kind]) for kind in KINDS), *(("portal", value) for value in _TRAPS)]

    @settings(max_examples=examples(150), deadline=None, database=None)
    @given(near_valid())
    def collect(case: tuple[str, Any]) -> None:
        cases.append(case)

    collect()
    for kind in KINDS:
        files = []
        for number, value in enumerate(value for of, value in cases if of == kind):
            files.append(tmp_path / f"{kind}-{number}.json")
            files[-1].write_text(json.dumps(value))
        refused = _refused_by_the_command(SCHEMAS / f"{kind}.schema.json", files)
        assert refused
        assert refused != set(files)
        assert refused == {file for file in files if not typed_accepts(kind, json.loads(file.read_text()))}


_PORTAL = {"schema_version": 1, "owner": "a"}
_TRAPS: list[Any] = [
    {**_PORTAL, "owner": "a\n"},
    {**_PORTAL, "schema_version": True},
    {**_PORTAL, "branding": {"logo": "https://a.example/\u0085"}},
    {**_PORTAL, "branding": {"logo": "https://a.example/\ufeff"}},
    {**_PORTAL, "services": {"a" * 64: {"name": "x"}}},
    {**_PORTAL, "services": {"a": {"name": "\U0001f600" * 200}}},
    {**_PORTAL, "services": {"a": {"name": "\U0001f600" * 201}}},
    {**_PORTAL, "services": {"a": {"name": "a\u00a0"}}},
    {**_PORTAL, "services": {f"a{number}": {"name": "x"} for number in range(500)}},
    {**_PORTAL, "services": {f"a{number}": {"name": "x"} for number in range(501)}},
]
"""Where Python's and JavaScript's regular expressions and lengths are known to differ."""


def _refused_by_the_command(schema: Path, files: list[Path]) -> set[Path]:
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(schema), "-o", "json"]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    said = json.loads(done.stdout)
    assert said["parse_errors"] == [], said
    return {Path(error["filename"]) for error in said["errors"]}


def _paths(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    below: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        below = list(value.items())
    elif isinstance(value, list):
        below = list(enumerate(value))
    return [path for key, inner in below for path in [(*at, key), *_paths(inner, (*at, key))]]


def _with(value: Any, path: tuple[str | int, ...], other: Any) -> Any:
    if not path:
        return other
    made: Any = dict(value) if isinstance(value, dict) else list(value)
    made[path[0]] = _with(value[path[0]], path[1:], other)
    return made
