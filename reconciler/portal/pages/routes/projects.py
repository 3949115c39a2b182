"""Projects: progress and delivery."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Response

from reconciler.portal.actions import projects
from reconciler.portal.actions.contacts import AuditValues
from reconciler.portal.pages.context import Visit, visits
from reconciler.portal.pages.forms.form import Form, Mistakes, Sent, Told, Why
from reconciler.portal.pages.forms.multipart import Received, off_the_loop, received
from reconciler.portal.pages.forms.request_event import bring_about
from reconciler.portal.pages.rendering import Speech, speech
from reconciler.portal.store.unit_of_work import Row, Work

router = APIRouter(prefix="/requests/{id}", include_in_schema=False)
Runs = Annotated[Visit, visits("requests.run")]


@router.post("/progress")
def progress(visit: Runs, id: str, form: Sent) -> Response:
    """The project manager says how far the project is."""
    return bring_about(
        visit,
        id,
        form,
        "progress",
        lambda work, row: projects.progress(work, row, _percent(form)),
    )


@router.post("/deliver")
async def deliver(visit: Runs, id: str) -> Response:
    """The project manager delivers files, a field of the form for each target language."""
    return await off_the_loop(_deliver, visit, id, await received(visit))


def _deliver(visit: Visit, id: str, sent: Received) -> Response:
    names = {*sent.files, *(key.removeprefix("kept_") for key in sent.form.values)}
    kept = {name: sent.uploads(name) for name in sorted(names) if name.startswith("files_")}
    pairs = [
        (upload, name.removeprefix("files_"))
        for name, some in kept.items()
        for upload in some
    ]

    def act(work: Work, row: Row) -> AuditValues:
        if wrong := _undelivered(
            speech(visit.language), row, sent, {language for _, language in pairs}
        ):
            raise Mistakes(wrong)
        return projects.deliver(work, row, pairs)

    return bring_about(visit, id, sent.form, "deliver", act, kept=kept)


def _undelivered(
    say: Speech, row: Row, sent: Received, brought: set[str]
) -> dict[str, Why]:
    """The target languages without a file, unless the form says that they are meant to have
    none.
    """
    wrong: dict[str, Why] = {}
    for tag in row["target_languages"]:
        if empty := sent.empty.get(f"files_{tag}"):
            wrong[f"files_{tag}"] = Told("mistake.empty", {"name": empty[0]})
        elif tag not in brought and (not brought or tag not in sent.form.all("without")):
            wrong[f"files_{tag}"] = Told(
                "mistake.undelivered", {"language": say.language_name(tag)}
            )
    return wrong


def _percent(form: Form) -> int:
    typed = form.text("progress")
    if not re.fullmatch(r"[0-9]{1,3}", typed) or int(typed) > 100:
        raise Mistakes({"progress": "mistake.progress"})
    return int(typed)
