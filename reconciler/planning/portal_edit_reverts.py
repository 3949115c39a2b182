"""Portal edits that git undoes under `portal_edits: revert`, and those that it never undoes.

Reconciling never restores access or power that somebody took away in the portal. Such an edit waits
for a file in both modes.
"""

from __future__ import annotations

from reconciler.model.choices import SignUp
from reconciler.model.roles import Role, capabilities
from reconciler.model.values import FieldChange, Value
from reconciler.planning.three_way_merge import Comparison, with_reverted_edits

# From the narrowest to the widest, as the enumeration lists them.
_OPENNESS = tuple(SignUp)


def revert_edits(comparison: Comparison) -> Comparison:
    """Return the comparison with each edit as a change back, except those that would restore access
    or power.
    """
    return with_reverted_edits(
        comparison, [edit for edit in comparison.edits if not _gives_back(edit)]
    )


def _gives_back(edit: FieldChange) -> bool:
    """Return whether the file's value (`before`) gives access or power that the portal's value does
    not.
    """
    match edit.name:
        case "role":
            return bool(
                capabilities(Role(str(edit.before))) - capabilities(Role(str(edit.after)))
            )
        case "services" | "project_managers" | "email_domains":
            return _widens(edit.after, edit.before)
        case "available_to_all":
            return bool(edit.before) and not edit.after
        case "sign_up":
            return _openness(edit.before) > _openness(edit.after)
        # The old address would get the account back; protection changes by a file only.
        case "email" | "protected":
            return True
        case _:
            return False


def _widens(before: Value, after: Value) -> bool:
    """Return whether a list gains an entry; any value that is not a list stands for everything."""
    if not isinstance(before, tuple):
        return False
    return not isinstance(after, tuple) or not set(after) <= set(before)


def _openness(value: Value) -> int:
    """Return the rank of a sign-up mode; an unknown mode counts as the most open."""
    return _OPENNESS.index(SignUp(str(value))) if value in _OPENNESS else len(_OPENNESS)
