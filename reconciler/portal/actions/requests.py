"""Acts on requests: send one with its files, bring an event about, hand one over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reconciler.portal.actions import uploads
from reconciler.portal.actions.contacts import Audited
from reconciler.portal.actions.mails import about
from reconciler.portal.actions.mails import send as send_mail
from reconciler.portal.actions.notices import tell_owner, tell_project_managers
from reconciler.portal.actions.offers import may_order
from reconciler.portal.mail.kinds import Wording
from reconciler.portal.rules import requests as rules
from reconciler.portal.rules.contacts import may_receive, must_live
from reconciler.portal.rules.problems import Problem
from reconciler.portal.rules.roles import HOLDS_WORK
from reconciler.portal.rules.states import FileKind, RequestState, Workflow
from reconciler.portal.rules.word_counts import is_counting
from reconciler.portal.store import tables as t
from reconciler.portal.store.clock import later
from reconciler.portal.store.unit_of_work import Row, Work

NEW: Final = {
    **dict.fromkeys(("words", "cost", "currency", "expires_at", "reason", "accepted_at", "delivered_at", "taken_at")),
    "progress": 0,
}  # fmt: skip


def send(
    work: Work, owner: Row, fields: Mapping[str, Any], files: Sequence[str] = (), reference_files: Sequence[str] = ()
) -> Row:
    """A new request of a contact who may send one, with the uploads that she names.

    What she may order is asked when she sends it herself; the provider's tools may send for her what
    only the provider knows, also without a service, but nothing that begins without a quote: a project
    begins by the customer's own hand.
    """
    must_live(owner.values)
    if owner["role"] not in HOLDS_WORK:
        raise Problem("heir-may-not-hold-work", f"a {owner['role']} sends no requests")
    service = _service(work, fields["service"])
    if work.principal.contact:
        may_order(work, owner, service, fields, files)
    elif fields["workflow"] == Workflow.AUTOMATIC_PROJECT:
        told = f"'{fields['workflow']}' begins a project without a quote: only the customer sends it"
        raise Problem("unprocessable", told, field="workflow")
    sources, references = uploads.waiting(work, files), uploads.waiting(work, reference_files)
    if set(files) & set(reference_files):
        raise Problem("unprocessable", "one upload is either to be translated or a reference")
    request = _created(work, owner, fields, service, sources)
    uploads.attach(work, sources, request, FileKind.SOURCE)
    uploads.attach(work, references, request, FileKind.REFERENCE)
    _tell(work, request)
    return request


def _service(work: Work, code: str | None) -> Row | None:
    if code is None:
        return None
    found = work.where("service", t.services.c.code == code)
    if not found:
        raise Problem("unprocessable", f"there is no service '{code}'")
    return found[0]


def _created(
    work: Work, owner: Row, fields: Mapping[str, Any], service: Row | None, sources: Sequence[uploads.File]
) -> Row:
    targets, words = sorted(set(fields["target_languages"])), rules.all_words(sources)
    amount, currency = rules.cost(words, service["price"] if service else None, len(targets))
    state = rules.first_state(fields["workflow"], words, counting=any(map(is_counting, sources)))
    request = work.new("request", {
        **fields, "customer": owner["customer"], "owner": owner.id, "state": state, "created_at": work.now, **NEW,
        "target_languages": targets, "words": words, "cost": amount, "currency": currency,
    })  # fmt: skip
    request.update(**rules.entering(state, None, work.now, offered_until(work)))
    work.written(request)
    return request


def offered_until(work: Work) -> str:
    """Until when a quote that is made now can be accepted."""
    return later(work.now, days=work.one("settings", "settings")["offers"]["expire_after_days"])


def _tell(work: Work, request: Row) -> None:
    """The provider's tools know what they sent; what a person sent is news to the project managers."""
    if work.principal.contact:
        tell_project_managers(work, Wording.SUBMITTED, request)
        if request["state"] == RequestState.QUOTED:
            tell_owner(work, Wording.QUOTED, request, until=request["expires_at"][:10])


def move(work: Work, request: Row, event: str, **fields: Any) -> Audited:
    """Bring an event about: the state, what goes with it, and these fields; a problem in the wrong state."""
    state = rules.next_state(event, request["state"])
    return write(work, request, {
        "state": state, **rules.entering(state, request["state"], work.now, offered_until(work)), **fields,
    })  # fmt: skip


def write(work: Work, request: Row, fields: Mapping[str, Any]) -> Audited:
    """Change what differs; what was before, and what is after."""
    after = {name: value for name, value in fields.items() if request[name] != value}
    before = {name: request[name] for name in after}
    if after:
        request.update(**after)
        work.written(request)
    return before, after


def reassign(work: Work, request: Row, heir: Row) -> Audited:
    """The open request goes to another contact of its customer, who is told."""
    owner = work.one("contact", request["owner"])
    may_receive(heir.values, owner.values)
    audited = move(work, request, "reassign", owner=heir.id)
    send_mail(work, Wording.WORK_RECEIVED, heir, count=1, from_name=owner["name"], requests=[about(work, request)])
    return audited
