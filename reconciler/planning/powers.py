"""What a change of role or services takes from a person and gives to her."""

from __future__ import annotations

from reconciler.model.roles import Role, capabilities
from reconciler.model.values import ALL, Value


def role_moves(before: Role, after: Role) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what is lost, what is gained) between two roles, in the words of the plan, sorted."""
    old, new = capabilities(before), capabilities(after)
    return tuple(sorted(old - new)), tuple(sorted(new - old))


def service_moves(before: Value, after: Value, offered: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what is lost, what is gained) between two values of `services`; `offered` is what "all" means."""
    old, new = _services(before, offered), _services(after, offered)
    return tuple(f"service {key}" for key in sorted(old - new)), tuple(f"service {key}" for key in sorted(new - old))


def _services(value: Value, offered: tuple[str, ...]) -> set[str]:
    return set(value) if isinstance(value, tuple) else set(offered) if value in {ALL, None} else set()
