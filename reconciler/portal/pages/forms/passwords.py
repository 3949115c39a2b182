"""Shared parts of forms that set a password: the repetition, and the mistakes of the fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from reconciler.portal.pages.forms.form import Form, Mistakes, MistakeSentence
from reconciler.portal.rules.problems import Problem

Result = TypeVar("Result")


def password_mistakes(form: Form) -> dict[str, MistakeSentence]:
    """Return the mistakes of a new password that is missing or differs from its repetition."""
    password = form.secret("password")
    mistakes: dict[str, MistakeSentence] = (
        {} if password else {"password": "mistake.missing"}
    )
    if password != form.secret("repeat"):
        mistakes["repeat"] = "password.differs"
    return mistakes


def raise_weakness_as_mistake(
    hash_password: Callable[[], Result], mistakes: dict[str, MistakeSentence]
) -> Result:
    """Return the result of `hash_password`; raise Mistakes for a weak password and for `mistakes`.

    The call comes first, so that a visitor reads all mistakes at once.
    """
    try:
        result = hash_password()
    except Problem as problem:
        if "weakness" not in problem.members:
            raise
        # A known mistake wins: for an empty password, "missing" says more than "short".
        raise Mistakes(
            {"password": f"password.{problem.members['weakness']}", **mistakes}
        ) from None
    if mistakes:
        raise Mistakes(mistakes)
    return result
