"""What people do with a request: one route an event, each a form of its own on the request's page."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Response

from reconciler.portal.acts import projects, quotes, requests
from reconciler.portal.acts.contacts import Audited
from reconciler.portal.acts.reach import reached, within
from reconciler.portal.acts.request_shapes import Terms
from reconciler.portal.pages.forms import Form, Mistakes, Sent, Told, Why, judged, reason_of
from reconciler.portal.pages.persons import named_heir
from reconciler.portal.pages.rendering import Speech, speech
from reconciler.portal.pages.requesting import Kept, one_request
from reconciler.portal.pages.uploading import Received, off_the_loop, received
from reconciler.portal.pages.visit import Visit, visits
from reconciler.portal.rules.requests import EVENTS
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Row, Work

router = APIRouter(prefix="/requests/{id}", include_in_schema=False)
Decides = Annotated[Visit, visits("requests.decide")]
Runs = Annotated[Visit, visits("requests.run")]
Reassigns = Annotated[Visit, visits("requests.reassign")]
Act = Callable[[Work, Row], Audited]


@router.post("/accept")
def accept(visit: Decides, id: str, form: Sent) -> Response:
    """The customer accepts the quote."""
    return _happen(visit, id, form, "accept", quotes.accept)


@router.post("/decline")
def decline(visit: Decides, id: str, form: Sent) -> Response:
    """The customer does not accept the quote."""
    return _happen(visit, id, form, "decline", lambda work, row: quotes.decline(work, row, reason_of(form)))


@router.post("/approve")
def approve(visit: Runs, id: str, form: Sent) -> Response:
    """The project manager offers the quote."""
    return _happen(visit, id, form, "approve", lambda work, row: quotes.approve(work, row, _terms(form)))


@router.post("/revive")
def revive(visit: Runs, id: str, form: Sent) -> Response:
    """The project manager offers a cancelled request anew."""
    return _happen(visit, id, form, "revive", lambda work, row: quotes.revive(work, row, _terms(form)))


@router.post("/reject")
def reject(visit: Runs, id: str, form: Sent) -> Response:
    """The project manager makes no quote."""
    return _happen(visit, id, form, "reject", lambda work, row: quotes.reject(work, row, reason_of(form)))


@router.post("/cancel")
def cancel(visit: Runs, id: str, form: Sent) -> Response:
    """The project manager takes the quote back."""
    return _happen(visit, id, form, "cancel", lambda work, row: quotes.cancel(work, row, reason_of(form)))


@router.post("/progress")
def progress(visit: Runs, id: str, form: Sent) -> Response:
    """The project manager says how far the project is."""
    return _happen(visit, id, form, "progress", lambda work, row: projects.progress(work, row, _percent(form)))


@router.post("/reassign")
def reassign(visit: Reassigns, id: str, form: Sent) -> Response:
    """The request goes to another contact of its customer."""
    return _happen(
        visit, id, form, "reassign",
        lambda work, row: requests.reassign(work, row, named_heir(work, visit.grant, form)),
        to="/requests" if visit.grant.principal.contact else None,
    )  # fmt: skip


@router.post("/deliver")
async def deliver(visit: Runs, id: str) -> Response:
    """The project manager delivers files, a field of the form for each target language."""
    return await off_the_loop(_deliver, visit, id, await received(visit))


def _deliver(visit: Visit, id: str, sent: Received) -> Response:
    names = {*sent.files, *(key.removeprefix("kept_") for key in sent.form.values)}
    kept = {name: sent.uploads(name) for name in sorted(names) if name.startswith("files_")}
    pairs = [(upload, name.removeprefix("files_")) for name, some in kept.items() for upload in some]

    def act(work: Work, row: Row) -> Audited:
        if wrong := _undelivered(speech(visit.language), row, sent, {language for _, language in pairs}):
            raise Mistakes(wrong)
        return projects.deliver(work, row, pairs)

    return _happen(visit, id, sent.form, "deliver", act, kept=kept)


def _undelivered(say: Speech, row: Row, sent: Received, brought: set[str]) -> dict[str, Why]:
    """The target languages without a file, unless the form says that they are meant to have none."""
    wrong: dict[str, Why] = {}
    for tag in row["target_languages"]:
        if empty := sent.empty.get(f"files_{tag}"):
            wrong[f"files_{tag}"] = Told("mistake.empty", {"name": empty[0]})
        elif tag not in brought and (not brought or tag not in sent.form.all("without")):
            wrong[f"files_{tag}"] = Told("mistake.undelivered", {"language": say.tongue(tag)})
    return wrong


def _happen(
    visit: Visit, id: str, form: Form, event: str, act: Act, *, to: str | None = None, kept: Kept = MappingProxyType({})
) -> Response:
    def done(work: Work) -> str:
        row = within(work, visit.grant, "request", id)
        form.must_match(row.values, id)
        work.audit(EVENTS[event].verb, row, *act(work, row))
        return to or f"/requests/{id}"

    def again(wrong: Mistakes) -> Response:
        with visit.store.read() as connection:
            found = one_request(connection, visit, reached(connection, visit.grant, t.requests, id), kept)
        return visit.page(
            "requests/one.html", wrong=wrong.of(event), found=found, request=found.row, form=form, asked=None
        )

    return visit.submit(form, done, again, done=f"request.{event}")


def _percent(form: Form) -> int:
    typed = form.text("progress")
    if not re.fullmatch(r"[0-9]{1,3}", typed) or int(typed) > 100:
        raise Mistakes({"progress": "mistake.progress"})
    return int(typed)


def _terms(form: Form) -> dict[str, Any]:
    """The terms as typed: an amount may have one or two places after a comma or a point; without one the price says it."""
    words, amount, deadline = form.optional("words"), form.optional("cost"), form.optional("deadline")
    said: dict[str, Any] = {"cost": None}
    if words:
        said["words"] = int(words) if re.fullmatch(r"[0-9]{1,9}", words) else words
    if amount:
        whole, _, cents = amount.replace(",", ".").partition(".")
        said["cost"] = f"{whole}.{cents:0<2}"
    if form.optional("currency"):
        said["currency"] = form.text("currency").upper()
    if deadline:
        said["deadline"] = f"{deadline}:00Z" if len(deadline) == 16 else deadline
    return judged(Terms, said).sent()
