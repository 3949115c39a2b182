"""Shared parts of forms that set a password: the repetition, and the mistakes of the fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from reconciler.portal.pages.forms.form import Form, Mistakes, Why
from reconciler.portal.rules.problems import Problem

Result = TypeVar("Result")


def twice(form: Form) -> dict[str, Why]:
    """Return the mistakes of a new password that is missing or typed differently."""
    typed = form.secret("password")
    wrong: dict[str, Why] = {} if typed else {"password": "mistake.missing"}
    if typed != form.secret("repeat"):
        wrong["repeat"] = "password.differs"
    return wrong


def at_its_field(act: Callable[[], Result], wrong: dict[str, Why]) -> Result:
    """Return the action's result; raise a weak password as a mistake, with those in `wrong`."""
    try:
        result = act()
    except Problem as problem:
        if "weakness" not in problem.members:
            raise
        raise Mistakes(
            {"password": f"password.{problem.members['weakness']}", **wrong}
        ) from None
    if wrong:
        raise Mistakes(wrong)
    return result
