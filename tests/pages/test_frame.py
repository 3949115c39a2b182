"""The frame of every page: what browsers and proxies keep of it, and that HEAD is answered."""

from __future__ import annotations

import re

from reconciler.portal.store.store import Store
from tests.pages.reader import Reader
from tests.portal.harness import Api


def test_a_new_colour_of_the_brand_shows_at_once(store: Store) -> None:
    reader, api = Reader.of(store), Api.of(store)
    (before,) = re.findall(r'href="(/branding\.css[^"]*)"', reader.open("/login"))
    api.write("PATCH", "/settings", 1, {"branding": {"primary_color": "#a01050", "logo": None}})
    (after,) = re.findall(r'href="(/branding\.css[^"]*)"', reader.open("/login"))
    assert before != after
    assert "#a01050" in reader.get(after).text


def test_static_files_have_an_address_that_changes_with_them(store: Store) -> None:
    reader = Reader.of(store)
    paths = re.findall(r'(?:href|src)="(/static/[^"]+)"', reader.open("/login"))
    assert len(paths) == 3
    for path in paths:
        assert re.search(r"\?v=[0-9a-f]{12}$", path)
        assert reader.get(path).status_code == 200


def test_head_is_answered_like_get_without_a_body(store: Store) -> None:
    reader = Reader.staff(store)
    token = Api.of(store).headers["Authorization"]
    for path in (
        "/login",
        "/requests",
        "/static/portal.css",
        "/healthz",
        "/nowhere",
        "/api/v1/customers",
        "/api/v1/meta",
    ):
        headers = {"Authorization": token} if path.startswith("/api/") else {}
        get, head = (reader.request(method, path, headers=headers) for method in ("GET", "HEAD"))
        assert (head.status_code, head.content) == (get.status_code, b""), path
        assert head.headers["content-type"] == get.headers["content-type"]
    assert reader.request("HEAD", "/admin/contacts/new").status_code == 200


def test_a_file_name_keeps_its_quotation_marks_as_apostrophes(store: Store) -> None:
    api = Api.of(store)
    _, people = api.a_customer("requester", services="all")
    jane = Reader.contact(store, people[0]["id"])
    jane.open("/requests")
    mark = jane.form_to("/language").values["mark"][0]
    # as browsers write `5" pipe.txt`
    body = (
        f'--x\r\nContent-Disposition: form-data; name="mark"\r\n\r\n{mark}\r\n'
        '--x\r\nContent-Disposition: form-data; name="once"\r\n\r\nquotes-0123456789\r\n'
        '--x\r\nContent-Disposition: form-data; name="files"; filename="5%22 pipe.txt"\r\n\r\nSome words\r\n--x--\r\n'
    )
    stored = jane.post("/uploads", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert "<bdi>5&#39; pipe.txt</bdi>" in stored.text
