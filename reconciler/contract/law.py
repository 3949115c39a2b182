"""A law, a verdict on it, and the two ways in which a check ends early."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx

from reconciler.contract.portal import Portal, Unchecked


class Verdict(StrEnum):
    """The result of checking one law."""

    HOLDS = "holds"
    BROKEN = "broken"
    NOT_CHECKED = "not checked"


class Broken(Exception):
    """The portal did something else than the law says."""


@dataclass(frozen=True, slots=True)
class Law:
    """One law. `check` raises `Broken` or `Unchecked`; its name and docstring are id and sentence.

    `scope`: the scope of the token without which the law cannot be checked.
    """

    check: Callable[[Portal], None]
    scope: str = "admin"

    @property
    def id(self) -> str:
        """The stable id of the law."""
        return self.check.__name__.replace("_", "-")

    @property
    def sentence(self) -> str:
        """The sentence that must be true."""
        return " ".join((inspect.getdoc(self.check) or "").split())


@dataclass(frozen=True, slots=True)
class Finding:
    """A law with its verdict. `why`: the reason why it is broken or not checked."""

    law: Law
    verdict: Verdict
    why: str = ""


def check_law(law: Law, portal: Portal) -> Finding:
    """Return the finding about one law."""
    if not portal.allows(law.scope):
        return Finding(
            law,
            Verdict.NOT_CHECKED,
            f"it needs a token of scope {law.scope}; this one has scope {portal.scope}",
        )
    try:
        law.check(portal)
    except Unchecked as error:
        return Finding(law, Verdict.NOT_CHECKED, str(error))
    except Broken as error:
        return Finding(law, Verdict.BROKEN, str(error))
    except httpx.HTTPStatusError as error:
        request, answer = error.request, error.response
        why = f"{request.method} {request.url.path} answered {answer.status_code}"
        return Finding(
            law, Verdict.BROKEN, f"in the preparation {why}: {answer.text[:200]}"
        )
    except httpx.HTTPError as error:
        return Finding(law, Verdict.BROKEN, f"no whole answer: {type(error).__name__}")
    # An answer of another shape: a member that is missing, or of another type.
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        why = f"an answer has another shape: {type(error).__name__} {error}"
        return Finding(law, Verdict.BROKEN, why)
    return Finding(law, Verdict.HOLDS)


def expect(condition: object, why: str) -> None:
    """Raise `Broken` unless the condition is true."""
    if not condition:
        raise Broken(why)


def expect_equal(value: object, right: object, subject: str) -> None:
    """Raise `Broken` unless the value is the right one."""
    expect(value == right, f"{subject} is {value!r}, not {right!r}")


def expect_status(answer: httpx.Response, *statuses: int) -> Any:
    """Return the JSON of an answer with one of these statuses."""
    right = " or ".join(map(str, statuses))
    request = answer.request
    expect(
        answer.status_code in statuses,
        f"{request.method} {request.url.path} answered {answer.status_code}, not {right}: "
        f"{answer.text[:200]}",
    )
    return answer.json() if answer.content and answer.status_code != 304 else None


def expect_problem(answer: httpx.Response, status: int, slug: str = "") -> dict[str, Any]:
    """Return the problem of an answer with this status and, if it is named, this type."""
    problem = expect_status(answer, status)
    subject = f"the {status} of {answer.request.method} {answer.request.url.path}"
    kind = answer.headers.get("content-type", "").partition(";")[0]
    expect_equal(kind, "application/problem+json", f"the content type of {subject}")
    expect(isinstance(problem, dict), f"{subject} is no JSON object")
    expect_equal(problem.get("status"), status, f"`status` in {subject}")
    expect(problem.get("title"), f"{subject} has no title")
    expect(problem.get("type"), f"{subject} has no type")
    if slug:
        expect_equal(problem["type"], slug, f"the type of {subject}")
    return dict(problem)
