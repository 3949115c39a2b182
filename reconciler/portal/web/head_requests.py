"""HEAD: the answer to GET without its body (RFC 9110), on every path that answers to GET."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """The ASGI layer; layers outside of it see the method HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        get_scope, has_ended = {**scope, "method": "GET"}, False

        async def send_head(message: Message) -> None:
            nonlocal has_ended
            if message["type"] == "http.response.start":
                await send(message)
            elif not has_ended:
                has_ended = True
                await send({"type": "http.response.body", "body": b""})

        try:
            await self.app(get_scope, receive, send_head)
        finally:
            # what inner layers record, such as the route, is for the log
            scope.update(
                {key: value for key, value in get_scope.items() if key != "method"}
            )
