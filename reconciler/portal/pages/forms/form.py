"""Forms: bounded and marked, with fields validated by the schemas of the actions."""

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

LONGEST: Final = 256 * 1024
MOST_FIELDS: Final = 2000
_ONCE: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")

_ADDRESS: Final = TypeAdapter[str](Address)
# What fits into a field, for whoever typed something else.
_FITS: Final = {
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

# Fields that people choose in rather than write.
_PICKED: Final = frozenset(
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
    """The fields of a form, as typed."""

    values: Mapping[str, list[str]]
    fingerprint: str
    once: str

    def text(self, name: str) -> str:
        """Return the typed text without surrounding space; empty if there is none."""
        return (self.values.get(name) or [""])[0].strip()

    def secret(self, name: str) -> str:
        """Return the typed text unchanged."""
        return (self.values.get(name) or [""])[0]

    def optional(self, name: str) -> str | None:
        """Return the typed text; None if there is none."""
        return self.text(name) or None

    def all(self, name: str) -> list[str]:
        """Return all values of a field that may be repeated."""
        return [value.strip() for value in self.values.get(name, []) if value.strip()]

    def lines(self, name: str) -> list[str]:
        """Return the lines of a text without empty ones."""
        return [line.strip() for line in self.text(name).splitlines() if line.strip()]

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.values.get(name))

    @property
    def version(self) -> int:
        """Return the version of the row that the visitor saw."""
        typed = self.text("version")
        if not re.fullmatch(r"\d{1,15}", typed):
            raise Problem("malformed", "this form says no version")
        return int(typed)

    def must_match(self, row: Mapping[str, Any], id: str) -> None:
        """Raise a `stale` problem if the row has changed since the visitor saw it."""
        if row["version"] != self.version:
            raise Problem(
                "stale", f"'{id}' is of version {row['version']}, not {self.version}"
            )


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence by its key, with the values of its placeholders."""

    key: str
    facts: Mapping[str, str]


# The key of the sentence that says what would fit; with facts where it names some.
Why: TypeAlias = str | Told


@dataclass
class Mistakes(Exception):
    """The reasons why a form is refused: by field, or one problem of the whole form."""

    fields: Mapping[str, Why] = field(default_factory=dict)
    problem: Problem | None = None
    whole: Why | None = None
    """What is said of the whole form, when the problem's own sentence would not do."""

    @property
    def status(self) -> int:
        return 422 if self.fields or self.problem is None else self.problem.status

    def of(self, event: str) -> Mistakes:
        """Return the mistakes for a form whose fields start with the name of an event."""
        return Mistakes(
            {f"{event}-{name}": why for name, why in self.fields.items()},
            self.problem,
            self.whole,
        )


_AT_FIELD: Final = {
    "address-taken": "email",
    "name-taken": "name",
    "key-taken": "code",
    "no-heir": "heir",
    "heir-may-not-hold-work": "heir",
}
_WITH_THE_WHOLE: Final = frozenset(
    {
        "stale",
        "open-requests",
        "protected",
        "last-manager",
        "last-administrator",
        "wrong-state",
        "not-restorable",
        "registration-gone",
        "registration-changed",
        "rate-limited",
    }
)


def refusal(problem: Problem) -> Mistakes:
    """Return a problem as mistakes of its form; raise it again if no form can correct it."""
    if "field" in problem.members:
        return Mistakes(
            {problem.members["field"]: f"mistake.{problem.members['field']}"}, problem
        )
    if problem.type in _AT_FIELD:
        return Mistakes({_AT_FIELD[problem.type]: f"problem.{problem.type}"}, problem)
    if problem.type == "in-use":
        by = {**problem.members, "requests": len(problem.members["requests"])}
        return Mistakes(
            {},
            problem,
            Told("mistake.in-use", {name: str(number) for name, number in by.items()}),
        )
    if problem.type in _WITH_THE_WHOLE:
        return Mistakes({}, problem)
    raise problem


async def form_of(request: Request) -> Form:
    """Return the form that was sent if it carries the portal's mark."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Problem(
            "unsupported-media-type", "forms come as application/x-www-form-urlencoded"
        )
    body, held = bytearray(), body_account_of(request)
    try:
        async for part in request.stream():
            held.add(len(part))
            body += part
            if len(body) > LONGEST:
                raise Problem("too-large", f"a form has {LONGEST:,} bytes at most")
    except ClientDisconnect:
        raise Problem("malformed", "the form broke off before its end") from None
    try:
        values = parse_qs(
            body.decode("utf-8"),
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            errors="strict",
        )
    except ValueError:
        raise Problem("malformed", "this form cannot be read") from None
    return checked(
        request,
        values,
        hashlib.sha256(request.url.path.encode() + b"\n" + body).hexdigest(),
    )


def checked(request: Request, values: Mapping[str, list[str]], fingerprint: str) -> Form:
    """Return the form of these values after checking its mark and its once-key."""
    if any("\0" in value for typed in values.values() for value in typed):
        raise Problem("malformed", "a form holds no NUL")
    request.app.state.csrf.check_form(request, (values.get("mark") or [""])[0])
    return Form(values, fingerprint, once_of(values))


def once_of(values: Mapping[str, list[str]]) -> str:
    """Return the key by which a repeated form is recognised."""
    once = (values.get("once") or [""])[0]
    if not _ONCE.fullmatch(once):
        raise Problem("malformed", "this form does not say that it is sent once")
    return f"form-{once}"


Sent = Annotated[Form, Depends(form_of)]


def missing(form: Form, *names: str) -> dict[str, Why]:
    """Return the mistakes of those of these fields that are empty."""
    return {
        name: "mistake.choice" if name in _PICKED else "mistake.missing"
        for name in names
        if not form.text(name)
    }


def reason_of(form: Form, name: str = "reason") -> str:
    """Return the reason that the visitor typed; raise a mistake if there is none."""
    reason = form.text(name).replace("\r\n", "\n")
    if not reason:
        raise Mistakes({name: "mistake.missing"})
    try:
        return judged(Refusal, {"reason": reason}).reason
    except Mistakes as wrong:
        (why,) = wrong.fields.values()
        raise Mistakes({name: why}) from None


def judged(
    shape: type[Fields], values: Mapping[str, Any], wrong: Mapping[str, Why] | None = None
) -> Fields:
    """Return the validated values; raise Mistakes for every invalid field, and those in `wrong`."""
    found = dict(wrong or {})
    try:
        fields = shape.model_validate(values)
    except ValidationError as error:
        for each in error.errors():
            found.setdefault(_field(each), _why(each))
    if found:
        raise Mistakes(found)
    return fields


def is_address(text: str) -> bool:
    """Whether this is an e-mail address."""
    try:
        _ADDRESS.validate_python(text)
    except ValidationError:
        return False
    return True


def is_domain(text: str) -> bool:
    """Whether e-mail addresses can be at this domain."""
    return is_address(f"post@{text}")


def _field(error: Any) -> str:
    """Return the innermost field name of an error, without list indexes and union branches."""
    named = [part for part in error["loc"] if isinstance(part, str) and part.isidentifier()]
    return named[-1] if named else "form"


def _why(error: Any) -> str:
    if (
        error["type"] in {"missing", "string_too_short", "too_short"}
        or "something must stand here" in error["msg"]
        or "is required" in error["msg"]
        or "cannot be emptied" in error["msg"]
    ):
        return "mistake.missing"
    if error["type"] in {"string_too_long", "too_long"}:
        return "mistake.long"
    return _FITS.get(_field(error), "mistake.other")
