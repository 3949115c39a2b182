"""The visitor's open tasks: a count with a link for each, at the top of the list of requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from reconciler.portal.actions.row_scope import in_scope
from reconciler.portal.pages.context import Visit
from reconciler.portal.rules.policy import grant_for
from reconciler.portal.rules.principals import PrincipalKind
from reconciler.portal.rules.states import ContactStatus, FileKind, RequestState
from reconciler.portal.store import tables as t

_r, _f = t.requests.c, t.files.c
_DELIVERED: Final = exists().where(_f.request == _r.id, _f.kind == FileKind.DELIVERY)

# Which requests wait for what, at a time: a quote for a yes, a delivery for being taken,
# the provider for work.
CONDITIONS: Final[Mapping[str, Callable[[str], ColumnElement[bool]]]] = {
    "accept": lambda now: and_(
        _r.state == RequestState.QUOTED, or_(_r.expires_at.is_(None), _r.expires_at >= now)
    ),
    "download": lambda _: and_(
        _r.state == RequestState.DELIVERED, _r.taken_at.is_(None), _DELIVERED
    ),
    "quote": lambda _: _r.state.in_(
        (RequestState.QUOTE_PENDING, RequestState.QUOTE_BEING_MADE)
    ),
    "deliver": lambda _: _r.state == RequestState.IN_PROGRESS,
}

_SAID: Final = {
    "accept": "need.accept",
    "download": "need.download",
    "quote": "need.quote",
    "deliver": "need.deliver",
}
_OF_CONTACTS: Final = (("accept", "requests.decide"), ("download", "requests.decide"))
_OF_PROJECT_MANAGERS: Final = (("quote", "requests.run"), ("deliver", "requests.run"))
_ASKED: Final[Mapping[PrincipalKind, tuple[tuple[str, str], ...]]] = {
    PrincipalKind.REQUESTER: _OF_CONTACTS,
    PrincipalKind.MANAGER: _OF_CONTACTS,
    PrincipalKind.PROJECT_MANAGER: _OF_PROJECT_MANAGERS,
}


@dataclass(frozen=True, slots=True)
class Need:
    """A number of tasks of one kind: the key of its sentence, and the page that lists them."""

    word: str
    count: int
    path: str


def needs(connection: Connection, visit: Visit) -> list[Need]:
    """Return the tasks that the visitor may do, without kinds that have none."""
    found = [
        _requests(connection, visit, need, operation)
        for need, operation in _ASKED.get(visit.who, ())
    ]
    if visit.may("contacts.admit"):
        found.append(_registrations(connection))
    return [need for need in found if need.count]


def _requests(connection: Connection, visit: Visit, need: str, operation: str) -> Need:
    grant = grant_for(visit.principal, operation)
    within = [in_scope(connection, grant, t.requests)] if grant else []
    waiting = (
        select(func.count())
        .select_from(t.requests)
        .where(*within, CONDITIONS[need](visit.store.clock()))
    )
    return Need(
        _SAID[need], connection.execute(waiting).scalar_one(), f"/requests?needs={need}"
    )


def _registrations(connection: Connection) -> Need:
    waiting = (
        select(func.count())
        .select_from(t.contacts)
        .where(t.contacts.c.status == ContactStatus.UNAPPROVED)
    )
    return Need(
        "need.approve", connection.execute(waiting).scalar_one(), "/admin/contacts#waiting"
    )
