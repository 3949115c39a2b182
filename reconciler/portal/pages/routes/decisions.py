"""What people do with a request: one route an event, each a form of its own on the request's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Response

from reconciler.portal.acts import projects, quotes, requests
from reconciler.portal.acts.contacts import Audited
from reconciler.portal.acts.reach import heir_of, reached, within
from reconciler.portal.acts.request_shapes import Terms
from reconciler.portal.api.request_models import Refusal
from reconciler.portal.pages.forms import Form, Mistakes, Sent, judged
from reconciler.portal.pages.requesting import one_request
from reconciler.portal.pages.uploading import Received, off_the_loop, received
from reconciler.portal.pages.visit import Visit, visits
from reconciler.portal.rules.problems import Problem
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
    return _happen(visit, id, form, "decline", lambda work, row: quotes.decline(work, row, _reason(form)))


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
    return _happen(visit, id, form, "reject", lambda work, row: quotes.reject(work, row, _reason(form)))


@router.post("/cancel")
def cancel(visit: Runs, id: str, form: Sent) -> Response:
    """The project manager takes the quote back."""
    return _happen(visit, id, form, "cancel", lambda work, row: quotes.cancel(work, row, _reason(form)))


@router.post("/progress")
def progress(visit: Runs, id: str, form: Sent) -> Response:
    """The project manager says how far the project is."""
    return _happen(visit, id, form, "progress", lambda work, row: projects.progress(work, row, _percent(form)))


@router.post("/reassign")
def reassign(visit: Reassigns, id: str, form: Sent) -> Response:
    """The request goes to another contact of its customer."""
    return _happen(
        visit, id, form, "reassign",
        lambda work, row: requests.reassign(work, row, heir_of(work, visit.grant, form.text("heir"))),
        to="/requests" if visit.grant.principal.contact else None,
    )  # fmt: skip


@router.post("/deliver")
async def deliver(visit: Runs, id: str) -> Response:
    """The project manager delivers files, a field of the form for each target language."""
    return await off_the_loop(_deliver, visit, id, await received(visit))


def _deliver(visit: Visit, id: str, sent: Received) -> Response:
    pairs = [
        (upload, name.removeprefix("files_"))
        for name in sorted({*sent.files, *(key.removeprefix("kept_") for key in sent.form.values)})
        if name.startswith("files_") for upload in sent.uploads(name)
    ]  # fmt: skip

    def act(work: Work, row: Row) -> Audited:
        if not pairs:
            raise Mistakes({"files": "mistake.files"})
        return projects.deliver(work, row, pairs)

    return _happen(visit, id, sent.form, "deliver", act)


def _happen(visit: Visit, id: str, form: Form, event: str, act: Act, to: str | None = None) -> Response:
    def done(work: Work) -> str:
        row = within(work, visit.grant, "request", id)
        form.must_match(row.values, id)
        work.audit(f"requests/{event}", row, *act(work, row))
        return to or f"/requests/{id}"

    try:
        return visit.to(visit.write(form, done), done=f"request.{event}")
    except Mistakes as wrong:
        return _again(visit, id, form, {f"{event}-{name}": why for name, why in wrong.fields.items()})
    except Problem as problem:
        if "field" not in problem.members:
            raise
        return _again(visit, id, form, {f"{event}-{problem.members['field']}": "mistake.missing"})


def _again(visit: Visit, id: str, form: Form, wrong: dict[str, str]) -> Response:
    with visit.store.read() as connection:
        found = one_request(connection, visit, reached(connection, visit.grant, t.requests, id))
    return visit.page("requests/one.html", 422, found=found, request=found.row, wrong=wrong, form=form)


def _reason(form: Form) -> str:
    return judged(Refusal, {"reason": form.text("reason").replace("\r\n", "\n")}).reason


def _percent(form: Form) -> int:
    typed = form.text("progress")
    if not (typed.isascii() and typed.isdigit()) or int(typed[:4]) > 100:
        raise Mistakes({"progress": "mistake.progress"})
    return int(typed)


def _terms(form: Form) -> dict[str, Any]:
    """The terms as typed: an amount may have one or two places after a comma or a point; without one the price says it."""
    words, amount, deadline = form.optional("words"), form.optional("cost"), form.optional("deadline")
    said: dict[str, Any] = {"cost": None}
    if words:
        said["words"] = int(words[:10]) if words.isascii() and words.isdigit() else words
    if amount:
        whole, _, cents = amount.replace(",", ".").partition(".")
        said["cost"] = f"{whole}.{cents:0<2}"
    if form.optional("currency"):
        said["currency"] = form.text("currency").upper()
    if deadline:
        said["deadline"] = f"{deadline}:00Z" if len(deadline) == 16 else deadline
    return judged(Terms, said).sent()
