"""The three roles of a contact and their capabilities (the field's matrix)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reconciler.model.sentences import Sentence, sentence


class Role(StrEnum):
    """The role of a contact at their customer; exactly one."""

    REQUESTER = "requester"
    OBSERVER = "observer"
    MANAGER = "manager"


class Capability(StrEnum):
    """An ability that a role gives; plans name gains and losses by these texts."""

    SEND_REQUESTS = "send requests"
    ACCEPT_QUOTES = "accept quotes"
    SEE_ALL_REQUESTS = "see all requests"
    MANAGE_TEAM = "manage the team"


# The right to log in.
ACCESS: Final = "access"

# The right to order: the customer has a project manager who takes the request.
ORDERING: Final = "ordering"

# DOMAIN, "Who may do what"; an observer neither sends nor accepts (R16), a manager may do
# all that the other two may (R17).
_CAPABILITIES: Final = {
    Role.REQUESTER: frozenset({Capability.SEND_REQUESTS, Capability.ACCEPT_QUOTES}),
    Role.OBSERVER: frozenset({Capability.SEE_ALL_REQUESTS}),
    Role.MANAGER: frozenset(Capability),
}


def capabilities(role: Role) -> frozenset[Capability]:
    """Return the role's abilities beyond logging in and following one's own requests."""
    return _CAPABILITIES[role]


def may_hold_work(role: Role) -> bool:
    """Return whether a contact of this role may own open requests: a requester or a manager."""
    return Capability.SEND_REQUESTS in _CAPABILITIES[role]


# A role has two forms, "is added as a manager" and "gets access as manager": languages inflect
# the noun and choose its article.
_NOUNS: Final = {
    Role.REQUESTER: sentence("role", "a requester"),
    Role.OBSERVER: sentence("role", "an observer"),
    Role.MANAGER: sentence("role", "a manager"),
}
_NAMES: Final = {
    Role.REQUESTER: sentence("role", "requester"),
    Role.OBSERVER: sentence("role", "observer"),
    Role.MANAGER: sentence("role", "manager"),
}


def role_noun(role: Role) -> Sentence:
    """Return the role with its article: `a manager`, `an observer`."""
    return _NOUNS[role]


def role_name(role: Role) -> Sentence:
    """Return the role without an article."""
    return _NAMES[role]
