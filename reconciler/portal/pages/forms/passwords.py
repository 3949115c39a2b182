"""What forms that set a password have in common: typed twice, and mistakes said at their fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from reconciler.portal.pages.forms.form import Form, Mistakes, Why
from reconciler.portal.rules.problems import Problem

Result = TypeVar("Result")


def twice(form: Form) -> dict[str, Why]:
    """What is wrong with how the new password was typed, as mistakes."""
    typed = form.secret("password")
    wrong: dict[str, Why] = {} if typed else {"password": "mistake.missing"}
    if typed != form.secret("repeat"):
        wrong["repeat"] = "password.differs"
    return wrong


def at_its_field(act: Callable[[], Result], wrong: dict[str, Why]) -> Result:
    """What the act gives; a weak password is a mistake of its field, among those that are `wrong` already."""
    try:
        result = act()
    except Problem as problem:
        if "weakness" not in problem.members:
            raise
        raise Mistakes({"password": f"password.{problem.members['weakness']}", **wrong}) from None
    if wrong:
        raise Mistakes(wrong)
    return result
