"""What every command may be told: flags over environment, and nothing from the reconciled folder."""

from __future__ import annotations

import functools
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from reconciler.cli.output import say, warn
from reconciler.model.errors import NotAllowed, WrongUsage

if TYPE_CHECKING:
    from reconciler.adapters.address import Address
    from reconciler.adapters.connection import Budget
    from reconciler.adapters.reader import PortalReader
    from reconciler.adapters.repository import Repository

URL: Final = "RECONCILER_PORTAL_URL"
TOKEN: Final = "RECONCILER_PORTAL_TOKEN"  # noqa: S105  the variable's name


@dataclass(frozen=True, slots=True)
class Settings:
    """How a command was called."""

    root: Path = Path()
    portal_url: str | None = None
    token_file: Path | None = None
    color: str = "auto"
    quiet: bool = False
    verbose: bool = False
    log_format: str = "text"
    max_answer_bytes: int | None = None
    max_rows: int | None = None

    def address(self) -> Address:
        """The portal and the token for it, from flags, environment or the token's file."""
        from reconciler.adapters.address import Address  # noqa: PLC0415  only commands that need the network

        url = (os.environ.get(URL, "") if self.portal_url is None else self.portal_url).strip()
        if not url:
            raise WrongUsage("no portal is named", f"set {URL} or give --portal-url; for a first look: reconciler demo")
        return Address(url, self._token())

    def repository(self) -> Repository:
        """The folder that was named, with its git repository; opened once for each command."""
        from reconciler.adapters.repository import Repository  # noqa: PLC0415  only commands that read files

        return Repository(self.root)

    def reader(self, budget: Budget | None = None) -> PortalReader:
        """A client that can only read."""
        from reconciler.adapters.answer_limits import AnswerLimits  # noqa: PLC0415  only commands that need the network
        from reconciler.adapters.reader import PortalReader  # noqa: PLC0415  the same

        default = AnswerLimits()
        limits = AnswerLimits(self.max_answer_bytes or default.bytes, self.max_rows or default.rows)
        return PortalReader(self.address(), budget, limits)

    def _token(self) -> str:
        if self.token_file is not None:
            return _from_file(self.token_file, self)
        token = os.environ.get(TOKEN, "").strip()
        if not token:
            raise NotAllowed("there is no token for the portal", f"set {TOKEN} or give --token-file FILE")
        return token

    def colored(self, stream: Any = None) -> bool:
        """Whether to paint what goes to the stream (stdout unless said otherwise)."""
        if self.color != "auto":
            return self.color == "always"
        out = stream or sys.stdout
        return bool(out.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


_MOST: Final = 10_000
"""Characters of a token's file that are read."""


def _from_file(path: Path, settings: Settings) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise NotAllowed(f"the token file '{path}' is no plain file", "write the token into a file")
        with path.open(encoding="utf-8-sig") as stream:
            token = stream.read(_MOST).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotAllowed(f"the token file '{path}' cannot be read: {error}", "check its name and its rights") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        warn(settings, f"'{path}' can be read by others", f"chmod 600 {path}")
    if not token:
        raise NotAllowed(f"the token file '{path}' is empty", "write the token into it")
    return token


_OPTIONS: Final = (
    click.option("--root", type=click.Path(path_type=Path, file_okay=False), help="Folder with portal.yaml [default: .]"),
    click.option("--portal-url", metavar="URL", help=f"The portal [env: {URL}]"),
    click.option("--token-file", type=click.Path(path_type=Path, dir_okay=False), help=f"File with the token [env: {TOKEN} holds the token itself]"),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), help="Paint the text [default: auto]"),
    click.option("-q", "--quiet", is_flag=True, default=None, help="Only the result and errors."),
    click.option("-v", "--verbose", is_flag=True, default=None, help="Also times and request counts, on stderr."),
    click.option("--max-answer-bytes", type=click.IntRange(min=1), metavar="N", help="Fail when the portal's answer has more bytes [default: 536870912]"),
    click.option("--max-rows", type=click.IntRange(min=1), metavar="N", help="Fail when the portal's answer has more rows [default: 1000000]"),
    click.option("--log-format", type=click.Choice(["text", "json"]), help="How stderr is written [default: text]"),
)  # fmt: skip


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that all have, and pass it one `Settings` as its first argument."""

    @functools.wraps(command)
    @click.pass_context
    def called(context: click.Context, /, **given: Any) -> Any:
        settings = _over(context.obj or Settings(), given)
        context.obj = settings
        return context.invoke(command, settings, **given)

    for option in reversed(_OPTIONS):
        called = option(called)
    return called


def _over(settings: Settings, given: dict[str, Any]) -> Settings:
    names = tuple(field.name for field in fields(Settings))
    values = {name: value for name in names if (value := given.pop(name, None)) is not None}
    return replace(settings, **values)


def told_time(settings: Settings, what: str) -> None:
    """Times and counts, for whoever asked for them."""
    if settings.verbose:
        say(settings, what)
