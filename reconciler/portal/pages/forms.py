"""What a visitor typed: a bounded, marked form, and its fields judged by the shapes of the acts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qs

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from reconciler.portal.rules.problems import Problem

LONGEST: Final = 256 * 1024
MOST_FIELDS: Final = 2000
_ONCE: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")

Fields = TypeVar("Fields", bound=BaseModel)


@dataclass(frozen=True)
class Form:
    """The fields of a form as they were typed."""

    values: Mapping[str, list[str]]
    fingerprint: str
    once: str

    def text(self, name: str) -> str:
        """What was typed, without space around it; empty when nothing was."""
        return (self.values.get(name) or [""])[0].strip()

    def secret(self, name: str) -> str:
        """What was typed, to the letter."""
        return (self.values.get(name) or [""])[0]

    def optional(self, name: str) -> str | None:
        """What was typed; None when nothing was."""
        return self.text(name) or None

    def all(self, name: str) -> list[str]:
        """Every value of a field that may stand more than once."""
        return [value.strip() for value in self.values.get(name, []) if value.strip()]

    def lines(self, name: str) -> list[str]:
        """The lines of a text that holds one thing a line."""
        return [line.strip() for line in self.text(name).splitlines() if line.strip()]

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self.values.get(name))

    @property
    def version(self) -> int:
        """The version of the row that the visitor saw."""
        typed = self.text("version")
        if not re.fullmatch(r"\d{1,15}", typed):
            raise Problem("malformed", "this form says no version")
        return int(typed)

    def must_match(self, row: Mapping[str, Any], id: str) -> None:
        """A `stale` problem when somebody changed the row since the visitor saw it."""
        if row["version"] != self.version:
            raise Problem("stale", f"'{id}' is of version {row['version']}, not {self.version}")


@dataclass
class Mistakes(Exception):
    """Fields that cannot be what was typed: field → key of the sentence that says why."""

    fields: dict[str, str] = field(default_factory=dict)


async def form_of(request: Request) -> Form:
    """The form that was sent, when it is one of ours."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Problem("unsupported-media-type", "forms come as application/x-www-form-urlencoded")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            raise Problem("too-large", f"a form has {LONGEST:,} bytes at most")
    try:
        values = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise Problem("malformed", "this form cannot be read") from None
    return checked(request, values, hashlib.sha256(request.url.path.encode() + b"\n" + body).hexdigest())


def checked(request: Request, values: Mapping[str, list[str]], fingerprint: str) -> Form:
    """The form of these values, once its mark is right and it can be told from a second sending."""
    if any("\0" in value for typed in values.values() for value in typed):
        raise Problem("malformed", "a form holds no NUL")
    request.app.state.marks.must_be_ours(request, (values.get("mark") or [""])[0])
    once = (values.get("once") or [""])[0]
    if not _ONCE.fullmatch(once):
        raise Problem("malformed", "this form does not say that it is sent once")
    return Form(values, fingerprint, f"form-{once}")


Sent = Annotated[Form, Depends(form_of)]


def judged(shape: type[Fields], values: Mapping[str, Any]) -> Fields:
    """The values as the shape; raises Mistakes naming every field that does not fit."""
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        raise Mistakes({_field(each): _why(each) for each in error.errors()}) from None


def _field(error: Any) -> str:
    named = [str(part) for part in error["loc"] if isinstance(part, str)]
    if named:
        return named[0]
    missing = re.search(r"'(\w+)'", error["msg"])
    return missing[1] if missing else "form"


def _why(error: Any) -> str:
    field = _field(error)
    if error["type"] == "missing" or "is required" in error["msg"] or error["type"] == "string_too_short":
        return "mistake.missing"
    if "something must stand here" in error["msg"] or "cannot be emptied" in error["msg"]:
        return "mistake.missing"
    if error["type"] == "string_too_long":
        return "mistake.long"
    return {"email": "mistake.email", "project_managers": "mistake.email"}.get(field, "mistake.other")
