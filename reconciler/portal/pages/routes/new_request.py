"""Sending a request: a form with files, which keeps what was typed and what was uploaded when
something is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from reconciler.portal.actions import requests
from reconciler.portal.actions.offers import orderable_services
from reconciler.portal.actions.request_schemas import RequestFields
from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.pages.forms.form import Form, Mistakes, Told, Why, judged, missing
from reconciler.portal.pages.forms.multipart import Received, off_the_loop, received
from reconciler.portal.pages.languages import is_language_tag
from reconciler.portal.pages.queries.checkout import Found
from reconciler.portal.pages.queries.requests import kept_uploads
from reconciler.portal.pages.rendering import speech
from reconciler.portal.pages.routes.requests import Counting
from reconciler.portal.rules.audit import Verb
from reconciler.portal.rules.word_counts import is_counting
from reconciler.portal.store import tables as t
from reconciler.portal.store.unit_of_work import Work

router = APIRouter(include_in_schema=False)
Sends = Annotated[Visit, visits("requests.send")]
# What acts call something else than the form does.
NAMED: Final = {
    "service": "order",
    "workflow": "order",
    "target_language": "target_languages",
}


@router.get("/requests/new")
def begin(
    visit: Sends,
    source_language: Annotated[str, Query(max_length=35)] = "",
    # fastapi copies it
    target_languages: Annotated[list[str], Query(max_length=200)] = [],  # noqa: B006
    uploaded: Annotated[str, Query(max_length=3000)] = "",
    counting: Counting = None,
) -> Response:
    """An empty form; with a source language chosen it is not offered as a target.

    `uploaded`: files whose counts the page shows; nothing when `counting` of them are being
    counted, and still are.
    """
    ids = [id for id in uploaded.split(",") if id]
    with visit.store.read() as connection:
        files = kept_uploads(connection, visit, ids) if ids else []
    if counting and counting == sum(map(is_counting, files)):
        return Response(status_code=204)
    return _form(
        visit,
        source_language,
        target_languages,
        kept={"files": files, "reference_files": []},
        asked=counting,
    )


@router.post("/requests")
async def send(visit: Sends) -> Response:
    """Send the request with its files."""
    return await off_the_loop(_send, visit, await received(visit))


def _send(visit: Visit, sent: Received) -> Response:
    files, references = sent.uploads("files"), sent.uploads("reference_files")

    def act(work: Work) -> str:
        fields = _fields(visit, sent)
        owner = work.get("contact", visit.grant.principal.contact or "")
        row = requests.send(work, owner, fields, files, references)
        work.audit(
            Verb.POST_REQUESTS,
            row,
            None,
            {**fields, "files": files, "reference_files": references},
        )
        return f"/requests/{row.id}"

    def again(wrong: Mistakes) -> Response:
        shown = {NAMED.get(name, name): why for name, why in wrong.fields.items()}
        return _again(visit, sent, Mistakes(shown, wrong.problem, wrong.whole))

    return visit.submit(sent.form, act, again, done="sent")


def _fields(visit: Visit, sent: Received) -> dict[str, Any]:
    """The request as it was typed; `order` holds a service and one of its workflows."""
    form = sent.form
    service, _, workflow = form.text("order").partition("|")
    deadline = form.optional("deadline")
    typed = {
        "title": form.text("title"),
        "service": service,
        "workflow": workflow,
        "source_language": form.text("source_language"),
        "target_languages": _targets(form),
        "deadline": f"{deadline}:00Z" if deadline and len(deadline) == 16 else deadline,
        "comment": form.optional("comment") and form.text("comment").replace("\r\n", "\n"),
    }
    return judged(RequestFields, typed, _wrong(visit, sent, typed)).model_dump()


def _targets(form: Form) -> list[str]:
    return [
        tag
        for each in form.all("target_languages")
        for tag in each.replace(",", " ").split()
    ]


def _wrong(visit: Visit, sent: Received, typed: Mapping[str, Any]) -> dict[str, Why]:
    """What can be told of the form alone, and all at once; what the contact may order is asked
    when it is sent.
    """
    wrong = missing(sent.form, "title", "source_language", "target_languages")
    if not typed["service"] or not typed["workflow"]:
        wrong["service"] = "mistake.choice"
    source, targets = typed["source_language"], typed["target_languages"]
    say = speech(visit.language)
    for name, tags in (("source_language", [source]), ("target_languages", targets)):
        if unknown := [tag for tag in tags if tag and not is_language_tag(tag)]:
            wrong[name] = Told("mistake.language-tag", {"tag": unknown[0]})
    if source and source in targets:
        wrong["target_languages"] = Told(
            "mistake.same", {"language": say.language_name(source)}
        )
    for name in ("files", "reference_files"):
        if empty := sent.empty.get(name):
            wrong[name] = Told("mistake.empty", {"name": empty[0]})
    if not sent.uploads("files"):
        wrong.setdefault("files", "mistake.files")
    if typed["deadline"] and typed["deadline"] <= visit.store.clock():
        wrong["deadline"] = "mistake.deadline"
    return wrong


def _again(visit: Visit, sent: Received, wrong: Mistakes) -> Response:
    form = sent.form
    with visit.store.read() as connection:
        kept = {
            name: kept_uploads(connection, visit, sent.uploads(name))
            for name in ("files", "reference_files")
        }
    return _form(
        visit, form.text("source_language"), _targets(form), form, wrong, kept=kept
    )


def _form(
    visit: Visit,
    source: str,
    targets: Sequence[str],
    form: Form | None = None,
    wrong: Mistakes | None = None,
    *,
    kept: Mapping[str, Sequence[Found]],
    asked: int | None = None,
) -> Response:
    with visit.store.read() as connection:
        services = orderable_services(connection, visit.grant.principal.contact or "")
        languages = connection.execute(t.settings.select()).mappings().one()["languages"]
    return visit.page(
        "requests/new.html",
        wrong=wrong,
        orders=_orders(services),
        offered=languages,
        kept=kept,
        form=form,
        source=source,
        targets=targets,
        asked=asked,
    )


def _orders(services: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str], str]]:
    """Code, workflows and name of what can be ordered."""
    return [
        (service["code"], service["workflows"], service["name"]) for service in services
    ]
