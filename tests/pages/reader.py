"""A person before the pages, without a browser: she reads, fills in the forms that she sees, and sends them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from starlette.testclient import TestClient

from reconciler.portal.actions import sessions
from reconciler.portal.app import create_app
from reconciler.portal.rules.equality import same_address_form
from reconciler.portal.rules.principals import SYSTEM
from reconciler.portal.store import tables as t
from reconciler.portal.store.store import Store


@dataclass
class Form:
    """A form as it stands on a page: where it goes, and what its fields hold."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.selected: tuple[str, list[str]] | None = None
        self.area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "form":
            self.forms.append(Form(known.get("action") or "", known.get("method") or "get"))
        name = known.get("name")
        if not self.forms:
            return
        values = self.forms[-1].values
        if tag == "input" and name:
            ticked = known.get("type") not in {"checkbox", "radio"} or "checked" in known
            if ticked and known.get("type") != "file":
                values.setdefault(name, []).append(known.get("value") or "")
        elif tag == "select" and name:
            self.selected = (name, [])
        elif tag == "textarea" and name:
            self.area = name
            values[name] = [""]
        elif tag == "option" and self.selected and ("selected" in known or not self.selected[1]):
            self.selected = (self.selected[0], [known.get("value") or ""])

    def handle_data(self, data: str) -> None:
        if self.area and self.forms:
            self.forms[-1].values[self.area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self.selected and self.forms:
            self.forms[-1].values[self.selected[0]] = self.selected[1]
            self.selected = None
        if tag == "textarea":
            self.area = None


def forms_of(text: str) -> list[Form]:
    """The forms of a page."""
    parser = _Forms()
    parser.feed(text)
    return parser.forms


class Reader(TestClient):
    """A visitor with her cookies; `page` is what she sees."""

    page: Any

    @classmethod
    def of(cls, store: Store, language: str = "en") -> Reader:
        """Somebody who is not logged in."""
        return cls(
            create_app(store), base_url="http://testserver", headers={"Accept-Language": language},
            raise_server_exceptions=True,
        )  # fmt: skip

    @classmethod
    def contact(cls, store: Store, id: str, language: str = "en") -> Reader:
        """A contact who is logged in."""
        with store.write(SYSTEM) as work:
            row = work.get("contact", id)
            row.update(status="active", language=language)
            token = sessions.begin_session(work, contact=id)["token"]
        reader = cls.of(store, language)
        reader.cookies.set("portal", token)
        return reader

    @classmethod
    def staff(
        cls, store: Store, kind: str = "administrator", email: str = "ada@provider.example", language: str = "en"
    ) -> Reader:
        """One of the provider's people, who is logged in."""
        with store.write(SYSTEM) as work:
            found = work.where("staff", t.staff.c.address_form == same_address_form(email))
            row = found[0] if found else work.new("staff", {
                "name": "Ada Quist", "email": email, "address_form": same_address_form(email), "kind": kind,
                "language": language, "status": "active", "password": None, "touched": {},
            })  # fmt: skip
            work.flush()
            token = sessions.begin_session(work, staff=row.id)["token"]
        reader = cls.of(store, language)
        reader.cookies.set("portal", token)
        return reader

    def open(self, path: str, status: int = 200) -> str:
        """The text of a page that answers with this status."""
        self.page = self.get(path)
        assert self.page.status_code == status, (path, self.page.status_code, self.page.text[:2000])
        text: str = self.page.text.replace("<wbr>", "")  # where a line may break, which nobody reads
        return text

    def form_to(self, action: str) -> Form:
        """The form on the page that goes there."""
        found = [form for form in forms_of(self.page.text) if form.action == action]
        assert found, (action, [form.action for form in forms_of(self.page.text)])
        return found[0]

    def submit(self, action: str, status: int = 200, **fields: Any) -> str:
        """Fill in the form on the page that goes there, send it, and read what comes."""
        form = self.form_to(action)
        values = {
            **form.values,
            **{name: value if isinstance(value, list) else [value] for name, value in fields.items()},
        }
        self.page = self.post(action, data=values)
        assert self.page.status_code == status, (action, self.page.status_code, self.page.text[:2000])
        text: str = self.page.text.replace("<wbr>", "")
        return text
