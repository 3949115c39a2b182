"""The three roles of a contact and what each lets a person do (the field's matrix)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a contact is at their customer; exactly one."""

    REQUESTER = "requester"
    OBSERVER = "observer"
    MANAGER = "manager"


class Capability(StrEnum):
    """Something a role lets a person do; the words in which plans speak of gains and losses."""

    SEND_REQUESTS = "send requests"
    ACCEPT_QUOTES = "accept quotes"
    SEE_ALL_REQUESTS = "see all requests"
    MANAGE_TEAM = "manage the team"


ACCESS: Final = "access"
"""The word for being able to log in at all."""

_CAPABILITIES: Final = {
    Role.REQUESTER: frozenset({Capability.SEND_REQUESTS, Capability.ACCEPT_QUOTES}),
    Role.OBSERVER: frozenset({Capability.SEE_ALL_REQUESTS}),
    Role.MANAGER: frozenset(Capability),
}


def capabilities(role: Role) -> frozenset[Capability]:
    """What the role lets a person do beyond logging in and following their own requests."""
    return _CAPABILITIES[role]


def may_hold_work(role: Role) -> bool:
    """Whether a contact of this role may own open requests: a requester or a manager."""
    return Capability.SEND_REQUESTS in _CAPABILITIES[role]
