"""Sending a request: a form with files, which keeps what was typed and what was uploaded when something is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Response

from reconciler.portal.acts import requests
from reconciler.portal.acts.offers import offered_services
from reconciler.portal.acts.request_shapes import RequestFields
from reconciler.portal.pages.forms import Form, Mistakes, judged
from reconciler.portal.pages.requesting import kept_uploads
from reconciler.portal.pages.uploading import Received, off_the_loop, received
from reconciler.portal.pages.visit import Visit, visits
from reconciler.portal.rules.problems import Problem
from reconciler.portal.store import tables as t
from reconciler.portal.store.work import Work

router = APIRouter(include_in_schema=False)
Sends = Annotated[Visit, visits("requests.send")]


@router.get("/requests/new")
def begin(visit: Sends) -> Response:
    """An empty form."""
    return _form(visit)


@router.post("/requests")
async def send(visit: Sends) -> Response:
    """Send the request with its files."""
    return await off_the_loop(_send, visit, await received(visit))


def _send(visit: Visit, sent: Received) -> Response:
    files, references = sent.uploads("files"), sent.uploads("reference_files")

    def act(work: Work) -> str:
        fields = _fields(sent.form)
        owner = work.one("contact", visit.grant.principal.contact or "")
        row = requests.send(work, owner, fields, files, references)
        work.audit("POST requests", row, None, {**fields, "files": files, "reference_files": references})
        return f"/requests/{row.id}"

    try:
        return visit.to(visit.write(sent.form, act), done="sent")
    except Mistakes as wrong:
        return _form(visit, sent, wrong.fields)
    except Problem as problem:
        if "field" not in problem.members:
            raise
        return _form(visit, sent, {problem.members["field"]: f"mistake.{problem.members['field']}"})


def _fields(form: Form) -> dict[str, Any]:
    """The request as it was typed; `order` holds a service and one of its workflows."""
    service, _, workflow = form.text("order").partition("|")
    deadline = form.optional("deadline")
    typed = {
        "title": form.text("title"), "service": service, "workflow": workflow,
        "source_language": form.text("source_language"),
        "target_languages": [tag for each in form.all("target_languages") for tag in each.replace(",", " ").split()],
        "deadline": f"{deadline}:00Z" if deadline and len(deadline) == 16 else deadline,
        "comment": form.optional("comment") and form.text("comment").replace("\r\n", "\n"),
    }  # fmt: skip
    missing = {name: "mistake.missing" for name in ("title", "source_language", "target_languages") if not typed[name]}
    if not service or not workflow:
        missing["service"] = "mistake.missing"
    if missing:
        raise Mistakes(missing)
    return judged(RequestFields, typed).model_dump()


def _form(visit: Visit, sent: Received | None = None, wrong: Mapping[str, str] | None = None) -> Response:
    with visit.store.read() as connection:
        services = offered_services(connection, visit.grant.principal.contact or "")
        languages = connection.execute(t.settings.select()).mappings().one()["languages"]
        kept = {
            name: kept_uploads(connection, visit, sent.uploads(name)) if sent else []
            for name in ("files", "reference_files")
        }
    named = {"service": "order", "source_language": "source_language", "target_language": "target_languages"}
    shown = {named.get(name, name): why for name, why in (wrong or {}).items()}
    return visit.page(
        "requests/new.html", 422 if wrong else 200, orders=_orders(services), offered=languages, kept=kept,
        form=sent.form if sent else None, wrong=shown,
    )  # fmt: skip


def _orders(services: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str], str]]:
    """Code, workflows and name of what can be ordered."""
    return [(service["code"], service["workflows"], service["name"]) for service in services]
