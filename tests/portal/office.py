"""A customer that can order, with everybody who has to do with it, each logged in at the API."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Any, Final

from reconciler.portal.actions import sessions
from reconciler.portal.actions.word_counts import count_next
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store.store import Store
from tests.portal.harness import Api, key

W: Final = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TEN_WORDS: Final = b"Ten small words stand here in one line of text.\n"
EVERY_WORKFLOW: Final = ["automatic_project", "automatic_quote", "pm_quote_automatic", "pm_quote_manual"]


def docx(*paragraphs: str) -> bytes:
    """A Word document of these paragraphs."""
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
    return held.getvalue()


@dataclass
class Office:
    """The clients by what they are: `jane` and `tom` are requesters, `pm` looks after the customer."""

    admin: Api
    home: dict[str, Any]
    ids: dict[str, str]
    clients: dict[str, Api]

    def __getattr__(self, name: str) -> Api:
        return self.clients[name]

    def send(self, client: Api, *files: str, status: int = 201, **fields: Any) -> dict[str, Any]:
        """A request with these uploads; into one language, by a manual quote, unless the fields say otherwise."""
        body = {
            "title": "Leaflet", "service": "certified", "workflow": "pm_quote_manual", "source_language": "en",
            "target_languages": ["de"], "files": list(files), **fields,
        }  # fmt: skip
        answer = client.post("/requests", json=body, headers={**key(), "If-None-Match": "*"})
        assert answer.status_code == status, answer.text
        sent: dict[str, Any] = answer.json()
        return sent

    def do(self, client: Api, event: str, id: str, status: int = 200, **body: Any) -> dict[str, Any]:
        """The answer to an event that this client brings about, on the present version."""
        version = self.admin.row(f"/requests/{id}")["version"]
        answer = client.write("POST", f"/requests/{id}/{event}", version, body if event != "accept" else None)
        assert answer.status_code == status, answer.text
        done: dict[str, Any] = answer.json()
        return done

    def quoted(self, owner: str = "jane", **terms: Any) -> str:
        """The id of a request that waits for its customer's decision."""
        sent = self.send(self.clients[owner], upload(self.clients[owner])["id"])
        self.do(self.pm, "approve", sent["id"], **terms)
        return str(sent["id"])

    def delivered(self, owner: str = "jane", text: bytes = b"Zehn kleine Worte.") -> str:
        """The id of a request that was delivered in German."""
        id = self.quoted(owner)
        self.do(self.clients[owner], "accept", id)
        files = [{"upload": upload(self.pm, "Blatt.txt", text)["id"], "language": "de"}]
        self.do(self.pm, "deliver", id, files=files)
        return id

    def mails_of(self, kind: str) -> list[dict[str, Any]]:
        return self.admin.items("/outbox", kind=kind)


def upload(client: Api, name: str = "leaflet.txt", content: bytes = TEN_WORDS, status: int = 201) -> dict[str, Any]:
    """A file that this client sent, counted."""
    headers = {**key(), "If-None-Match": "*", "Content-Type": "application/octet-stream"}
    answer = client.post("/uploads", params={"name": name}, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    sent: dict[str, Any] = answer.json()
    if status != 201:
        return sent
    count_all(client.store)
    return client.row(f"/uploads/{sent['id']}")


def count_all(store: Store) -> None:
    """Count what waits to be counted, as a server's threads do beside the requests."""
    while count_next(store):
        pass


def an_office(store: Store) -> Office:
    """Acme with two requesters, an observer and a manager; its project manager; Beta with a requester and a manager."""
    return office_of(Api.of(store))


def office_of(api: Api) -> Office:
    """The same, by the hands of this administrator."""
    api.create(
        "/services", code="certified", name="Certified translation", workflows=EVERY_WORKFLOW,
        price={"currency": "EUR", "per_word": "0.19"},
    )  # fmt: skip
    api.create("/services", code="internal", name="Internal", workflows=["pm_quote_manual"])
    home, people = api.a_customer("requester", "requester", "observer", "manager", services=["certified"])
    _, others = api.a_customer("requester", "manager", name="Beta", services="all")
    names = ("jane", "tom", "olga", "mara", "jane_beta", "mara_beta")
    ids = {name: row["id"] for name, row in zip(names, [*people, *others], strict=True)}
    tokens = {}
    with api.store.write(SYSTEM) as work:
        for name, id in ids.items():
            work.get("contact", id)["status"] = "active"
            tokens[name] = sessions.begin_session(work, contact=id)["token"]
        for name, kind, email in (
            ("pm", "project_manager", "lee@provider.example"),
            ("pm_else", "project_manager", "kim@provider.example"),
            ("ada", "administrator", "ada@provider.example"),
        ):
            row = work.new("staff", {
                "name": name.title(), "email": email, "address_form": email, "kind": kind, "language": "de",
                "status": "active", "password": None, "touched": {},
            })  # fmt: skip
            work.flush()
            tokens[name] = sessions.begin_session(work, staff=row.id)["token"]
    return Office(api, home, ids, {name: _client(api, token) for name, token in tokens.items()})


def _client(api: Api, token: str) -> Api:
    client = Api(
        api.app, base_url="http://testserver/api/v1", headers={"Authorization": f"Bearer {token}"},
        raise_server_exceptions=False,
    )  # fmt: skip
    client.store = api.store
    return client
