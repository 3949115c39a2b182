"""Requests to a portal in the words of the contract. The only module that knows httpx's client."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx

Row = dict[str, Any]

API: Final = "/api/v1"
TIMEOUT_S: Final = 60.0
# A busy portal may ask for patience; the suite waits no longer than this for one request.
_MAX_WAIT_S: Final = 30.0
_ATTEMPTS: Final = 5
_BUSY: Final = frozenset({429, 503})


class Client:
    """A portal at a URL, as one principal sees it."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url.rstrip("/").removesuffix(API), token
        # Proxies of the environment are not asked: the verdict is on the portal alone.
        self._http = httpx.Client(
            base_url=f"{self.url}{API}", timeout=TIMEOUT_S, trust_env=False
        )
        # Not a generator: several threads take keys.
        self._prefix, self._numbers = f"contract-{secrets.token_hex(8)}", itertools.count(1)
        self.busy_answers: list[httpx.Response] = []

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def key(self) -> dict[str, str]:
        """Return the header with an idempotency key that was never used."""
        return {"Idempotency-Key": f"{self._prefix}-{next(self._numbers)}"}

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        **body: Any,
    ) -> httpx.Response:
        """Return the answer to one request, as it comes. An empty `token`: without one."""
        bearer = self.token if token is None else token
        authorization = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        answer = self._http.request(
            method, path, headers={**authorization, **(headers or {})}, **body
        )
        if answer.status_code in _BUSY:
            self.busy_answers.append(answer)
        return answer

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Return the answer to a request, which is repeated while the portal is busy."""
        for attempt in range(_ATTEMPTS):
            answer = self.send(method, path, **request)
            wait_s = answer.headers.get("retry-after", "")
            is_last = attempt == _ATTEMPTS - 1
            if answer.status_code not in _BUSY or not wait_s.isdigit() or is_last:
                return answer
            time.sleep(min(float(wait_s), _MAX_WAIT_S))
        raise AssertionError("the last attempt returns")

    def get(self, path: str, **request: Any) -> httpx.Response:
        """Return the answer to a GET."""
        return self.ask("GET", path, **request)

    def raw(self, path: str, headers: Mapping[str, str]) -> bytes:
        """Return the bytes of an answer as they were sent, still compressed."""
        bearer = {"Authorization": f"Bearer {self.token}"}
        with self._http.stream("GET", path, headers={**bearer, **headers}) as answer:
            return b"".join(answer.iter_raw())

    def row(self, path: str) -> Row:
        """Return the row at a path."""
        answer = self.get(path)
        answer.raise_for_status()
        return dict(answer.json())

    def items(self, path: str, **params: Any) -> Iterator[Row]:
        """Yield the items of a list, over all its pages."""
        cursor: dict[str, Any] = {}
        while True:
            answer = self.get(path, params={**params, **cursor})
            answer.raise_for_status()
            page = answer.json()
            yield from page["items"]
            if page["next"] is None:
                return
            cursor = {"cursor": page["next"]}

    def changes(self, since: int) -> Iterator[Row]:
        """Yield the entries of the audit feed after a revision; its cursor is `since`."""
        while True:
            answer = self.get("/changes", params={"since": since, "limit": 200})
            answer.raise_for_status()
            page = answer.json()
            yield from page["items"]
            if page["next"] is None:
                return
            since = int(page["next"])

    def add(self, path: str, body: Mapping[str, Any], **headers: str) -> httpx.Response:
        """Return the answer to a creation with all the headers that it needs."""
        sent_headers = {**self.key(), "If-None-Match": "*", **headers}
        return self.ask("POST", path, json=body, headers=sent_headers)

    def write(
        self, method: str, path: str, version: int, body: Any = None, **headers: str
    ) -> httpx.Response:
        """Return the answer to a write to a row of this version."""
        sent_headers = {**self.key(), "If-Match": f'"{version}"', **headers}
        return self.ask(method, path, json=body, headers=sent_headers)
