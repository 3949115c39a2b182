"""Forms: limited in size, protected against CSRF, validated by the schemas of the actions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeAlias, TypeVar
from urllib.parse import parse_qs

from fastapi import Depends, Request
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect

from reconciler.portal.actions.schemas import Address
from reconciler.portal.api.schemas.requests import Refusal
from reconciler.portal.rules.problems import Problem
from reconciler.portal.web.body_budget import body_account_of
from reconciler.portal.web.csrf import ExpiredForm

MAX_FORM_BYTES: Final = 256 * 1024
MAX_FIELDS: Final = 2000
# The hidden field of a form that is shown again after a log-in (`forms.resumption`).
RESUMED: Final = "resumed"
_IDEMPOTENCY_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")

_ADDRESS: Final = TypeAdapter[str](Address)
# The validators of `actions.schemas` raise ValueError, whose only type is `value_error`: the
# message tells an absent value from a wrong one.
_MESSAGES_OF_ABSENT_VALUES: Final = ("is required", "must not be blank", "must not be null")
# The sentence for a field whose value the schema refuses.
_MISTAKES_BY_FIELD: Final = {
    "email": "mistake.email",
    "name": "mistake.name",
    "code": "mistake.code",
    "language": "mistake.language",
    "source": "mistake.language",
    "target": "mistake.language",
    "source_language": "mistake.language",
    "target_languages": "mistake.language",
    "role": "mistake.choice",
    "kind": "mistake.choice",
    "sign_up": "mistake.choice",
    "workflows": "mistake.choice",
    "workflow": "mistake.choice",
    "service": "mistake.choice",
    "services": "mistake.choice",
    "words": "mistake.words",
    "cost": "mistake.cost",
    "currency": "mistake.currency",
    "per_word": "mistake.per_word",
    "deadline": "mistake.moment",
    "primary_color": "mistake.colour",
    "logo": "mistake.logo",
}

# Fields with a list of choices: their mistake asks to choose one, not to type something.
_CHOICE_FIELDS: Final = frozenset(
    {
        "role",
        "kind",
        "language",
        "customer",
        "source_language",
        "target_languages",
    }
)

Fields = TypeVar("Fields", bound=BaseModel)


@dataclass(frozen=True)
class Form:
    """A submitted form: its fields as they were typed."""

    values: Mapping[str, list[str]]
    fingerprint: str
    """The hash of path and fields; a repeated form has the same one."""
    idempotency_key: str

    def text(self, name: str) -> str:
        """Return the typed text without surrounding space; empty if there is none."""
        return (self.values.get(name) or [""])[0].strip()

    def secret(self, name: str) -> str:
        """Return the typed text unchanged: a password may begin or end with a space."""
        return (self.values.get(name) or [""])[0]

    def text_or_none(self, name: str) -> str | None:
        """Return the typed text; None if there is none."""
        return self.text(name) or None

    def texts(self, name: str) -> list[str]:
        """Return all values of a field that may be repeated."""
        return [value.strip() for value in self.values.get(name, []) if value.strip()]

    def lines(self, name: str) -> list[str]:
        """Return the lines of a text without empty ones."""
        return [line.strip() for line in self.text(name).splitlines() if line.strip()]

    def is_ticked(self, name: str) -> bool:
        """Return whether a checkbox is ticked."""
        # Browsers leave out the name of an unticked checkbox instead of sending an empty value.
        return bool(self.values.get(name))

    @property
    def is_resumed(self) -> bool:
        """True if the visitor comes back after a log-in: the form is shown, and not carried out."""
        return self.is_ticked(RESUMED)

    @property
    def version(self) -> int:
        """The version of the row that the visitor saw."""
        text = self.text("version")
        # Not `str.isdigit`: that accepts digits that `int` refuses, such as `²`.
        if not re.fullmatch(r"\d{1,15}", text):
            raise Problem("malformed", "this form says no version")
        return int(text)

    def check_version(self, row: Mapping[str, Any], id: str) -> None:
        """Raise a `stale` problem if the row has changed since the visitor saw it."""
        if row["version"] != self.version:
            raise Problem(
                "stale", f"'{id}' is of version {row['version']}, not {self.version}"
            )


@dataclass(frozen=True, slots=True)
class FilledSentence:
    """A sentence by its key, with the values of its placeholders."""

    key: str
    facts: Mapping[str, str]


# The sentence about one mistake, by its key; filled in where it names facts.
MistakeSentence: TypeAlias = str | FilledSentence


@dataclass
class Mistakes(Exception):
    """The reasons why a form is refused: by field, or one problem of the whole form."""

    fields: Mapping[str, MistakeSentence] = field(default_factory=dict)
    problem: Problem | None = None
    form_sentence: MistakeSentence | None = None
    """The sentence about the whole form, where the sentence of the problem does not fit."""

    @property
    def status(self) -> int:
        return 422 if self.fields or self.problem is None else self.problem.status

    def for_event(self, event: str) -> Mistakes:
        """Return the mistakes with the name of the event before each field."""
        # A page has one form for each event, several with a field `reason`: ids must be unique.
        return Mistakes(
            {f"{event}-{name}": sentence for name, sentence in self.fields.items()},
            self.problem,
            self.form_sentence,
        )


_FIELDS_BY_PROBLEM: Final = {
    "address-taken": "email",
    "name-taken": "name",
    "key-taken": "code",
    "no-heir": "heir",
    "heir-may-not-hold-work": "heir",
}
# Problems whose general sentence is about a page, and does not fit a form.
_SENTENCES_OF_FORMS: Final = {
    "not-found": "mistake.gone",
    "idempotency-key-reused": "mistake.sent-before",
}
# These say that the visitor may not send the form, or that our pages did not make it.
_PROBLEMS_OF_THE_SENDER: Final = frozenset({"unauthenticated", "forbidden", "malformed"})


def mistakes_of(problem: Problem) -> Mistakes:
    """Return a problem as mistakes of its form; raise it again if it concerns the sender.

    Every other refusal shows the form again, so that nothing typed is lost.
    """
    if problem.type in _PROBLEMS_OF_THE_SENDER:
        raise problem
    if "field" in problem.members:
        name = problem.members["field"]
        return Mistakes({name: f"mistake.{name}"}, problem)
    if problem.type in _FIELDS_BY_PROBLEM:
        return Mistakes(
            {_FIELDS_BY_PROBLEM[problem.type]: f"problem.{problem.type}"}, problem
        )
    if problem.type == "in-use":
        counts = {**problem.members, "requests": len(problem.members["requests"])}
        facts = {name: str(count) for name, count in counts.items()}
        return Mistakes({}, problem, FilledSentence("mistake.in-use", facts))
    sentence = _SENTENCES_OF_FORMS.get(problem.type)
    return Mistakes({}, problem, sentence)


async def read_form(request: Request) -> Form:
    """Return the submitted form if its CSRF token is right."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Problem(
            "unsupported-media-type", "forms come as application/x-www-form-urlencoded"
        )
    body, account = bytearray(), body_account_of(request)
    try:
        async for part in request.stream():
            account.add(len(part))
            body += part
            # A chunked body declares no length, so the bytes are counted as they come.
            if len(body) > MAX_FORM_BYTES:
                raise Problem("too-large", f"a form has {MAX_FORM_BYTES:,} bytes at most")
    except ClientDisconnect:
        raise Problem("malformed", "the form broke off before its end") from None
    try:
        # By default, `parse_qs` drops empty fields (a cleared text would look like an absent one),
        # limits no number of fields, and replaces bytes that are not UTF-8 by U+FFFD.
        values = parse_qs(
            body.decode("utf-8"),
            keep_blank_values=True,
            max_num_fields=MAX_FIELDS,
            errors="strict",
        )
    except ValueError:
        raise Problem("malformed", "this form cannot be read") from None
    return checked_form(
        request,
        values,
        hashlib.sha256(request.url.path.encode() + b"\n" + body).hexdigest(),
    )


def checked_form(
    request: Request, values: Mapping[str, list[str]], fingerprint: str
) -> Form:
    """Return the form of these values after checking its CSRF token and its idempotency key."""
    # PostgreSQL stores no NUL in a text and answers with an error; SQLite stores it.
    if any("\0" in value for texts in values.values() for value in texts):
        raise Problem("malformed", "a form holds no NUL")
    try:
        request.app.state.csrf.check_form(request, csrf_token_of(values))
    except ExpiredForm:
        raise ExpiredForm(values) from None
    return Form(values, fingerprint, idempotency_key_of(values))


def csrf_token_of(values: Mapping[str, list[str]]) -> str:
    """Return the CSRF token of a form; empty if it has none."""
    return (values.get("mark") or [""])[0]


def idempotency_key_of(values: Mapping[str, list[str]]) -> str:
    """Return the key by which a repeated form is recognised."""
    key = (values.get("once") or [""])[0]
    if not _IDEMPOTENCY_KEY.fullmatch(key):
        raise Problem("malformed", "this form does not say that it is sent once")
    # The prefix keeps keys of forms apart from keys that a person's API client chooses.
    return f"form-{key}"


SubmittedForm = Annotated[Form, Depends(read_form)]


def missing_fields(form: Form, *names: str) -> dict[str, MistakeSentence]:
    """Return a mistake for each of these fields that is empty."""
    return {
        name: "mistake.choice" if name in _CHOICE_FIELDS else "mistake.missing"
        for name in names
        if not form.text(name)
    }


def reason_of(form: Form, name: str = "reason") -> str:
    """Return the reason that the visitor typed; raise a mistake if there is none."""
    # Browsers send line breaks as CRLF, but count them as one character for `maxlength`.
    reason = form.text(name).replace("\r\n", "\n")
    if not reason:
        raise Mistakes({name: "mistake.missing"})
    try:
        return validate(Refusal, {"reason": reason}).reason
    except Mistakes as mistakes:
        # The schema calls its field `reason`; the form may have another name for it.
        (sentence,) = mistakes.fields.values()
        raise Mistakes({name: sentence}) from None


def validate(
    schema: type[Fields],
    values: Mapping[str, Any],
    mistakes: Mapping[str, MistakeSentence] | None = None,
) -> Fields:
    """Return the validated values; raise Mistakes for all invalid fields and those in `mistakes`.

    A mistake in `mistakes` has precedence over that of the schema for the same field.
    """
    all_mistakes = dict(mistakes or {})
    try:
        fields = schema.model_validate(values)
    except ValidationError as refusal:
        for error in refusal.errors():
            all_mistakes.setdefault(_field_of(error), _mistake_of(error))
    if all_mistakes:
        raise Mistakes(all_mistakes)
    return fields


def utc_time(text: str) -> str:
    """Return the text of a `datetime-local` field as a time of the contract, in UTC."""
    # The field sends `2026-11-23T16:00`, without seconds and zone. Other texts fail the schema.
    return f"{text}:00Z" if len(text) == 16 else text


def is_address(text: str) -> bool:
    """Return whether this is an e-mail address."""
    try:
        _ADDRESS.validate_python(text)
    except ValidationError:
        return False
    return True


def is_domain(text: str) -> bool:
    """Return whether e-mail addresses can be at this domain."""
    return is_address(f"post@{text}")


def _field_of(error: Any) -> str:
    """Return the innermost field name of an error, without list indexes and union branches."""
    # pydantic names the branches of a union in `loc` too, such as `literal['all']`.
    names = [part for part in error["loc"] if isinstance(part, str) and part.isidentifier()]
    return names[-1] if names else "form"


def _mistake_of(error: Any) -> str:
    """Return the key of the sentence that says what would fit into the field of an error."""
    is_absent = any(message in error["msg"] for message in _MESSAGES_OF_ABSENT_VALUES)
    if is_absent or error["type"] in {"missing", "string_too_short", "too_short"}:
        return "mistake.missing"
    if error["type"] in {"string_too_long", "too_long"}:
        return "mistake.long"
    return _MISTAKES_BY_FIELD.get(_field_of(error), "mistake.other")
