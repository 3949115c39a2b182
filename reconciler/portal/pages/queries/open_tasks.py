"""The visitor's open tasks: counts with links, at the top of the list of requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from reconciler.portal.actions.row_scope import in_scope
from reconciler.portal.pages.context import PageContext
from reconciler.portal.rules.policy import grant_for
from reconciler.portal.rules.principals import PrincipalKind
from reconciler.portal.rules.states import ContactStatus, FileKind, RequestState
from reconciler.portal.store import tables as t

_requests, _files = t.requests.c, t.files.c
_HAS_DELIVERY: Final = exists().where(
    _files.request == _requests.id, _files.kind == FileKind.DELIVERY
)

# Task → the condition of its requests at a time. The tasks are values of `needs` in URLs.
CONDITIONS: Final[Mapping[str, Callable[[str], ColumnElement[bool]]]] = {
    # A job ends quotes that have expired; until it runs, they are still `quoted`.
    "accept": lambda now: and_(
        _requests.state == RequestState.QUOTED,
        or_(_requests.expires_at.is_(None), _requests.expires_at >= now),
    ),
    "download": lambda _: and_(
        _requests.state == RequestState.DELIVERED,
        _requests.taken_at.is_(None),
        _HAS_DELIVERY,
    ),
    "quote": lambda _: _requests.state.in_(
        (RequestState.QUOTE_PENDING, RequestState.QUOTE_BEING_MADE)
    ),
    "deliver": lambda _: _requests.state == RequestState.IN_PROGRESS,
}

# Each key is written out: a test searches the code for every sentence of the catalog.
_SENTENCES: Final = {
    "accept": "need.accept",
    "download": "need.download",
    "quote": "need.quote",
    "deliver": "need.deliver",
}
_TASKS_OF_CONTACTS: Final = (("accept", "requests.decide"), ("download", "requests.decide"))
_TASKS_OF_PROJECT_MANAGERS: Final = (("quote", "requests.run"), ("deliver", "requests.run"))
_TASKS_BY_VISITOR: Final[Mapping[PrincipalKind, tuple[tuple[str, str], ...]]] = {
    PrincipalKind.REQUESTER: _TASKS_OF_CONTACTS,
    PrincipalKind.MANAGER: _TASKS_OF_CONTACTS,
    PrincipalKind.PROJECT_MANAGER: _TASKS_OF_PROJECT_MANAGERS,
}


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Open work of one kind: the key of its sentence, how much, and the page that lists it."""

    sentence: str
    count: int
    path: str


def open_tasks(connection: Connection, context: PageContext) -> list[OpenTask]:
    """Return the open tasks that the visitor may do, without empty ones."""
    tasks = [
        _task_with_requests(connection, context, task, operation)
        for task, operation in _TASKS_BY_VISITOR.get(context.principal_kind, ())
    ]
    if context.row_scope("contacts.admit"):
        tasks.append(_task_with_registrations(connection))
    return [task for task in tasks if task.count]


def _task_with_requests(
    connection: Connection, context: PageContext, task: str, operation: str
) -> OpenTask:
    grant = grant_for(context.principal, operation)
    criteria = [in_scope(connection, grant, t.requests)] if grant else []
    statement = (
        select(func.count())
        .select_from(t.requests)
        .where(*criteria, CONDITIONS[task](context.store.clock()))
    )
    count = connection.execute(statement).scalar_one()
    return OpenTask(_SENTENCES[task], count, f"/requests?needs={task}")


def _task_with_registrations(connection: Connection) -> OpenTask:
    statement = (
        select(func.count())
        .select_from(t.contacts)
        .where(t.contacts.c.status == ContactStatus.UNAPPROVED)
    )
    count = connection.execute(statement).scalar_one()
    return OpenTask("need.approve", count, "/admin/contacts#waiting")
