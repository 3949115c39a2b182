"""A plan as JSON, as Markdown and without names: whole, harmless, and read back only undamaged."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.model.catalogue import Field, Shape
from reconciler.model.changes import Change, Kind, ObjectKind
from reconciler.model.errors import Refused
from reconciler.model.fields import fields_of
from reconciler.model.live import Actor, Status, Touch
from reconciler.model.plan import Facts, Permissions, Plan, PortalEdit, Refusal, Review, Scope, review_of
from reconciler.model.rules import RuleId
from reconciler.model.sentences import sentence
from reconciler.model.values import FieldChange
from reconciler.planning import make_plan
from reconciler.reports.as_json import drift_json, plan_json, read_reviewed
from reconciler.reports.markdown import LONGEST, MARKER, plan_markdown
from reconciler.reports.redaction import mask_addresses, redact_plan
from reconciler.reports.style import PLAIN
from reconciler.reports.text import plan_text
from reconciler.shipped import schemas_folder
from tests.builders import RECENTLY, applied, contact, customer, customer_in_portal, desired, in_portal, live, removed
from tests.examples import examples
from tests.reports.hostile import PAYLOADS, hostile_plan
from tests.reports.markdown_rules import assert_harmless

NAMES = ("Ann Beispiel", "Zoltán Példa", "山田 花子")


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((schemas_folder() / f"{name}.schema.json").read_text("utf-8")))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_any_text_in_a_plan_gives_json_that_the_published_schemas_accept(payload: str) -> None:
    plan = hostile_plan(payload)
    schema("plan").validate(json.loads(plan_json(plan)))
    schema("drift").validate(json.loads(drift_json(plan)))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_json_holds_nothing_that_a_terminal_or_a_pipeline_obeys(payload: str) -> None:
    text = plan_json(hostile_plan(payload))
    assert text.isascii()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]|^\s*::|##", text, re.MULTILINE)


def test_a_plan_reads_back_as_what_it_allows() -> None:
    plan = replace(hostile_plan("x"), permissions=Permissions(3, 4, allow_rollback="c0ffee7"))
    read = read_reviewed(plan_json(plan))
    assert read == review_of(plan)


def test_what_decides_in_a_reviewed_plan_cannot_be_edited_unseen() -> None:
    document = json.loads(plan_json(hostile_plan("x")))
    edits: list[Callable[[dict[str, Any]], object]] = [
        lambda d: d["changes"].pop(),
        lambda d: d["changes"].append({**d["changes"][0], "id": "0" * 16}),
        lambda d: d["changes"][0].update(id="f" * 16),
        lambda d: d.update(portal="other"),
        lambda d: d.update(epoch="other"),
        lambda d: d["groups"].pop(),
        lambda d: d["groups"][0].update(customers=["other"]),
        lambda d: d["groups"][0].update(changes=0),
        lambda d: d["groups"][0]["outcomes"].append({"person": "acme/x", "loses": ["access"], "gains": []}),
        lambda d: d["changes"][0].update(message="nothing happens"),
        lambda d: d["summary"].update(lose_access=99),
        lambda d: d["warnings"].append({}),
        lambda d: d.update(digest="0" * 64),
        lambda d: d.update(schema_version=2),
        lambda d: d.update(schema_version=True),
        lambda d: d["permissions"].update(allow_removals=-1),
        lambda d: d.pop("permissions"),
    ]
    for edit in edits:
        changed = json.loads(json.dumps(document))
        edit(changed)
        with pytest.raises(Refused, match="reviewed plan is invalid"):
            read_reviewed(json.dumps(changed))


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "{}", "[" * 60_000, '{"schema_version": 1, "schema_version": 1}', "NaN", "9" * 10_000,
     '{"schema_version": 99}', '{"schema_version": 1e999}', "\x80\x04K\x01.", "PK\x03\x04"],
    ids=range(13),
)  # fmt: skip
def test_what_is_no_plan_is_refused_with_a_way_out(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_reviewed(text)
    assert "reconciler plan --out" in str(refused.value.hint)


@settings(max_examples=examples(200), deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8")) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
def test_nothing_read_as_a_plan_ends_in_a_traceback(text: str) -> None:
    with pytest.raises(Refused):
        read_reviewed(text)


def test_a_flipped_bit_in_any_character_allows_nothing_else() -> None:
    plan = hostile_plan("x")
    whole, sound = plan_json(plan), read_reviewed(plan_json(plan))
    chance = random.Random(20261124)
    for where in range(len(whole)):
        flipped = whole[:where] + chr(ord(whole[where]) ^ (1 << chance.randrange(7))) + whole[where + 1 :]
        assert allowed_by(flipped) in {None, sound}, "only another space between the members is the same plan"


def test_an_edit_of_any_value_allows_nothing_else() -> None:
    plan = replace(hostile_plan("x"), permissions=Permissions(3, 4, allow_rollback="c0ffee7"))
    document = json.loads(plan_json(plan))
    paths = list(paths_in(document))
    assert len(paths) > 200
    for path in paths:
        for value in VALUES:
            edited = json.loads(json.dumps(document))
            holder = edited
            for step in path[:-1]:
                holder = holder[step]
            if holder[path[-1]] == value and type(holder[path[-1]]) is type(value):
                continue
            holder[path[-1]] = value
            assert allowed_by(json.dumps(edited)) is None, (path, value)


VALUES: tuple[object, ...] = (None, True, 7, "other", [], {})


def allowed_by(text: str) -> Review | None:
    """What a text allows as a reviewed plan; None when it is refused."""
    try:
        return read_reviewed(text)
    except Refused:
        return None


def paths_in(value: Any, *above: Any) -> Iterator[tuple[Any, ...]]:
    """The path of every member and item of a JSON document."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*above, step)
        yield from paths_in(inner, *above, step)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_leaves_its_code_span_or_fence_in_markdown(payload: str) -> None:
    assert_harmless(plan_markdown(hostile_plan(payload)), plan_markdown(hostile_plan("dull")))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_begins_a_line_of_its_own_in_any_report(payload: str) -> None:
    for text in (plan_text(hostile_plan(payload), PLAIN), plan_markdown(hostile_plan(payload))):
        assert not re.search(r"^(::|EVIL|\s*/approve|# out)|##vso", text, re.MULTILINE)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", text)


def test_a_comment_too_long_for_a_forge_is_cut_and_says_so() -> None:
    plan = hostile_plan("x" * 250)
    group = next(group for group in plan.groups if group.changes)
    many = replace(plan, groups=(replace(group, changes=group.changes * 2_000),))
    text = plan_markdown(many)
    assert len(text) <= LONGEST
    assert text.startswith(MARKER)
    assert "the whole plan is plan.json in the artifacts of the pipeline" in text
    assert "Digest" in text


def test_markdown_masks_the_addresses_that_only_the_portal_knows() -> None:
    plan = hostile_plan("x")
    assert not re.search(r"(zoe|stray)@", plan_markdown(plan))
    # The reviewer reads the others in the files too, and has to compare them.
    assert "new-one@" in plan_markdown(plan)
    unknown = replace(plan, file_addresses=frozenset())
    assert not re.search(r"(jane|tom|zoe|roe|stray|new-one)@", plan_markdown(unknown))


@pytest.mark.parametrize("name", NAMES)
def test_a_redacted_plan_names_nobody(name: str) -> None:
    hidden = redact_plan(hostile_plan(name, company="A company"))
    spelled = json.dumps(name)[1:-1]
    for text in (plan_text(hidden, PLAIN), plan_json(hidden), plan_markdown(hidden)):
        assert name not in text
        assert spelled not in text
        assert "Ada Admin" not in text
        assert not re.search(r"(jane|tom|zoe|roe|stray|new-one)@", text)


def test_what_proves_who_signed_up_is_shown_and_in_a_redacted_plan_hidden() -> None:
    line = f'registration: {{id: reg-7f3c, fingerprint: "sha256:{"4c" * 32}"}}'
    lines = f"{line} or {line.replace('7f3c', '9')} or {line.replace('7f3c', '8')}"
    message = sentence("test", "jane signed up")
    hint = sentence("test", "write {lines} or registration: none", lines=lines)
    refusal = Refusal(RuleId.REGISTRATION_PENDING, Scope.CONTACT, message, "acme", "jane-doe", hint)
    plan = replace(hostile_plan("x"), refusals=(refusal,))
    for text_of in (lambda one: plan_text(one, PLAIN), plan_json, plan_markdown):
        assert text_of(plan).count("4c" * 32) == 3
        assert "4c4c" not in text_of(redact_plan(plan))


def test_a_redacted_question_whether_two_are_one_names_neither() -> None:
    boss, former = contact("mara", role="manager"), contact("jane-doe", name="Jane Formerly")
    acme = customer(contacts=[boss, contact("jane-doe", name="Nina Newly")])
    gone = in_portal(former, status=Status.REMOVED, removal=removed(), applied=applied(former.fields, present=False))
    plan = make_plan(desired(acme), live(customer_in_portal(acme), in_portal(boss), gone), Facts())
    assert [refusal.rule for refusal in plan.refusals] == ["one-person-or-two"]
    assert "Jane Formerly" in plan_text(plan, PLAIN)
    hidden = redact_plan(plan)
    for text in (plan_text(hidden, PLAIN), plan_json(hidden), plan_markdown(hidden)):
        assert not re.search("Formerly|Newly", text)


PERSONAL = [row for row in fields_of(ObjectKind.CONTACT) if row.personal]
SIDES = {Shape.ADDRESS: ("jane.file@acme.example", "öz.portal@acme.example")}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("row", PERSONAL, ids=lambda row: str(row.name))
def test_a_redacted_conflict_hides_every_personal_field(row: Field, name: str) -> None:
    in_file, in_the_portal = SIDES.get(row.shape, ("Jane Filename", name))
    jane = contact("jane-doe", **{row.name: in_file})
    before = replace(jane, fields={**jane.fields, row.name: SIDES.get(row.shape, ("Jane Doe",))[0][1:]})
    touch = Touch("Ada Admin", Actor.ADMINISTRATOR, RECENTLY)
    live_jane = in_portal(before, **{row.name: in_the_portal}, touched={row.name: touch})
    boss = contact("mara", role="manager")
    acme = customer(contacts=[boss, jane])
    plan = make_plan(desired(acme), live(customer_in_portal(acme), in_portal(boss), live_jane), Facts())
    assert [refusal.rule for refusal in plan.refusals] == ["conflict"]
    assert in_file in plan_text(plan, PLAIN)
    hidden = redact_plan(plan)
    for text in (plan_text(hidden, PLAIN), plan_json(hidden), plan_markdown(hidden)):
        for value in (in_file, in_the_portal):
            assert value not in text
            assert json.dumps(value)[1:-1] not in text


@pytest.mark.parametrize("row", PERSONAL, ids=lambda row: str(row.name))
def test_a_redacted_change_and_a_redacted_edit_hide_every_personal_field(row: Field) -> None:
    in_file, in_the_portal = SIDES.get(row.shape, ("Jane Filename", "Jane Portal"))
    jane = contact("jane-doe", **{row.name: in_file})
    plan = replace(
        hostile_plan("x"),
        portal_edits=(PortalEdit("acme", "jane-doe", row.name, in_file, in_the_portal, "Ada Admin", RECENTLY),),
    )
    group = plan.groups[0]
    change = Change(
        Kind.UPDATE_CONTACT,
        ObjectKind.CONTACT,
        "acme",
        "jane-doe",
        sentence("test", "jane-doe is {new} and was {old}", new=in_file, old=in_the_portal),
        fields=(FieldChange(row.name, in_the_portal, in_file),),
        base=jane.fields,
    )
    hidden = redact_plan(replace(plan, groups=(replace(group, changes=(change,)),)))
    for text in (plan_text(hidden, PLAIN), plan_json(hidden), plan_markdown(hidden), drift_json(hidden)):
        for value in (in_file, in_the_portal):
            assert value not in text
            assert json.dumps(value)[1:-1] not in text


def test_redaction_changes_no_number() -> None:
    plan = hostile_plan("x")
    assert [change.kind for change in redact_plan(plan).changes] == [change.kind for change in plan.changes]
    counts = [line for line in plan_text(plan, PLAIN).splitlines() if line.startswith("Plan:")]
    assert counts == [line for line in plan_text(redact_plan(plan), PLAIN).splitlines() if line.startswith("Plan:")]
    assert counts


def test_an_address_is_cut_to_its_first_letter() -> None:
    assert mask_addresses("to jane.doe@acme.example and öz@b.example") == "to j…@acme.example and ö…@b.example"


def test_the_same_plan_is_the_same_bytes() -> None:
    one, other = hostile_plan("x"), hostile_plan("x")
    assert asdict(one) == asdict(other)
    assert plan_json(one) == plan_json(other)
    assert isinstance(one, Plan)


def test_a_short_name_is_hidden_as_a_word_and_not_within_keys_and_addresses() -> None:
    plan = hostile_plan("x")
    hidden = replace(plan, quoted_names=("x", "Ann"))
    sentences = replace(
        hidden,
        refusals=(
            Refusal(
                RuleId.CONFLICT,
                Scope.CUSTOMER,
                sentence("refusal", "{quote}", quote="max-x: x said Ann, Anna"),
                "max-x",
            ),
        ),
    )
    assert str(redact_plan(sentences).refusals[0].message) == "max-x: … said …, Anna"
