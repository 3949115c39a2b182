"""The options that every command has: flags before environment, nothing from the reconciled
folder.
"""

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
    from reconciler.adapters.budget import Budget, Listener
    from reconciler.adapters.reader import PortalReader
    from reconciler.adapters.repository import Repository

URL: Final = "RECONCILER_PORTAL_URL"
TOKEN: Final = "RECONCILER_PORTAL_TOKEN"  # noqa: S105  the variable's name


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a call."""

    root: Path | None = None
    """The folder from `--root`; None searches upwards."""
    portal_url: str | None = None
    token_file: Path | None = None
    color: str = "auto"
    quiet: bool = False
    verbose: int = 0
    debug: bool = False
    timeout_s: float | None = None
    log_format: str = "text"
    max_answer_bytes: int | None = None
    max_rows: int | None = None

    def address(self) -> Address:
        """Return the portal and its token, from flags, environment or the token file."""
        # only commands that need the network
        from reconciler.adapters.address import Address  # noqa: PLC0415

        url = (
            os.environ.get(URL, "") if self.portal_url is None else self.portal_url
        ).strip()
        if not url:
            raise WrongUsage(
                "no portal is configured",
                f"set {URL} or pass --portal-url; to try the program: reconciler demo",
            )
        return Address(url, self._token())

    def repository(self) -> Repository:
        """Return the folder of the files with its git repository; opened once per command."""
        # only commands that read files
        from reconciler.adapters.repository import Repository  # noqa: PLC0415

        root = self._nearest_root()
        if self.root is None and root != Path():
            say(self, f"using portal.yaml in {root}")
        return Repository(root)

    def root_to_write(self) -> Path:
        """Return the folder of the files for a command that writes, and show which one it is."""
        root = self._nearest_root()
        say(self, f"using the files in {root.resolve()}")
        return root

    def _nearest_root(self) -> Path:
        # only commands that read files
        from reconciler.adapters.root import find_root  # noqa: PLC0415

        if self.root is not None:
            return self.root
        # unlike Path.home, this never fails: a container may run as a user without a home
        return find_root(Path(), Path(os.path.expanduser("~")))

    def reader(self, budget: Budget | None = None) -> PortalReader:
        """Return a client that can only read."""
        # only commands that need the network
        from reconciler.adapters.answer_limits import AnswerLimits  # noqa: PLC0415
        from reconciler.adapters.reader import PortalReader  # noqa: PLC0415  the same

        default = AnswerLimits()
        limits = AnswerLimits(
            self.max_answer_bytes or default.bytes, self.max_rows or default.rows
        )
        return PortalReader(self.address(), budget, limits)

    def budget(self, listener: Listener) -> Budget:
        """Return the allowance of a run for its requests; `listener` hears of them."""
        # only commands that need the network
        from reconciler.adapters.budget import TIMEOUT_S, Budget  # noqa: PLC0415

        return Budget(timeout_s=self.timeout_s or TIMEOUT_S, listener=listener)

    def _token(self) -> str:
        if self.token_file is not None:
            return _from_file(self.token_file, self)
        token = os.environ.get(TOKEN, "").strip()
        if not token:
            raise NotAllowed(
                "no token for the portal is configured",
                f"set {TOKEN} or pass --token-file FILE",
            )
        return token

    def colored(self, stream: Any = None) -> bool:
        """Return whether to color the output to the stream (stdout by default)."""
        if self.color != "auto":
            return self.color == "always"
        # https://no-color.org, https://force-color.org, https://bixense.com/clicolors
        if os.environ.get("NO_COLOR"):
            return False
        if any(os.environ.get(name, "0") not in {"", "0"} for name in _FORCING):
            return True
        out = stream or sys.stdout
        return bool(out.isatty()) and os.environ.get("TERM") != "dumb"


_FORCING: Final = ("FORCE_COLOR", "CLICOLOR_FORCE")
# The maximum number of characters read from a token file.
_MAX_TOKEN_LENGTH: Final = 10_000


def _from_file(path: Path, settings: Settings) -> str:
    try:
        # Before it is opened: opening a named pipe would wait for a writer.
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise NotAllowed(
                f"the token file '{path}' is not a regular file",
                "write the token into a file",
            )
        # Some editors on Windows write a byte order mark, which is no part of the token.
        with path.open(encoding="utf-8-sig") as stream:
            token = stream.read(_MAX_TOKEN_LENGTH).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotAllowed(
            f"the token file '{path}' cannot be read: {error}",
            "check its name and permissions",
        ) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        warn(settings, f"'{path}' is readable by other users", f"chmod 600 {path}")
    if not token:
        raise NotAllowed(f"the token file '{path}' is empty", "write the token into it")
    return token


# A day. Sockets refuse numbers that are far larger.
MAX_TIMEOUT_S: Final = 86_400

_OPTIONS: Final = (
    click.option(
        "--root",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder with portal.yaml [default: the nearest one upwards]",
    ),
    click.option("--portal-url", metavar="URL", help=f"The portal [env: {URL}]"),
    click.option(
        "--token-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help=f"File with the token [env: {TOKEN} holds the token itself]",
    ),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        help="Color the text [default: auto, by NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, or on a "
        "terminal]",
    ),
    click.option(
        "-q",
        "--quiet",
        is_flag=True,
        default=None,
        help="Print only the result and errors.",
    ),
    click.option(
        "-v",
        "--verbose",
        count=True,
        help="Also print the time and the number of requests to stderr; -vv: of each request "
        "and of each stage.",
    ),
    click.option(
        "--debug",
        is_flag=True,
        default=None,
        help="As -vv, with the headers of requests and the traceback of an error; no secrets.",
    ),
    click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(min=0, min_open=True, max=MAX_TIMEOUT_S),
        metavar="S",
        help="Give up a portal that does not answer for S seconds [default: 30]",
    ),
    click.option(
        "--max-answer-bytes",
        type=click.IntRange(min=1),
        metavar="N",
        help="Fail when the portal's answer has more bytes [default: 536870912]",
    ),
    click.option(
        "--max-rows",
        type=click.IntRange(min=1),
        metavar="N",
        help="Fail when the portal's answer has more rows [default: 1000000]",
    ),
    click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        help="The format of stderr [default: text]",
    ),
)


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that all commands share, and pass one `Settings` as the first argument."""

    @functools.wraps(command)
    @click.pass_context
    def wrapper(context: click.Context, /, **flags: Any) -> Any:
        # The group has the same options, so a flag may stand before or after the command's
        # name.
        settings = _over(context.obj or Settings(), flags)
        context.obj = settings
        return context.invoke(command, settings, **flags)

    for option in reversed(_OPTIONS):
        wrapper = option(wrapper)
    return wrapper


def _over(settings: Settings, flags: dict[str, Any]) -> Settings:
    names = tuple(field.name for field in fields(Settings))
    # `-v` is counted, so its absence is 0; a flag before the command's name counts as well.
    values = {
        name: value for name in names if (value := flags.pop(name, None)) not in (None, 0)
    }
    settings = replace(settings, **values)
    return (
        replace(settings, verbose=max(2, settings.verbose)) if settings.debug else settings
    )


def report_time(settings: Settings, text: str) -> None:
    """Print times and counts under --verbose."""
    if settings.verbose:
        say(settings, text)
