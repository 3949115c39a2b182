"""What forms that set a password have in common: typed twice, and mistakes said at their fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from reconciler.portal.pages.forms import Form, Mistakes
from reconciler.portal.rules.problems import Problem

Result = TypeVar("Result")


def new_password(form: Form) -> str:
    """The password that was typed twice."""
    typed = form.secret("password")
    if not typed:
        raise Mistakes({"password": "mistake.missing"})
    if typed != form.secret("repeat"):
        raise Mistakes({"repeat": "password.differs"})
    return typed


def at_its_field(act: Callable[[], Result]) -> Result:
    """What the act gives, with a weak password as a mistake of its field."""
    try:
        return act()
    except Problem as problem:
        if "weakness" in problem.members:
            raise Mistakes({"password": f"password.{problem.members['weakness']}"}) from None
        raise


def wait_s(problem: Problem) -> int | None:
    """For how many seconds somebody has to wait; None when the problem is another one."""
    return int(problem.members["headers"]["Retry-After"]) if problem.type == "rate-limited" else None
