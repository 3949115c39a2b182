"""The door to git: how it is started, and which repository a folder belongs to.

In: a folder and the words of a plumbing command. Out: bytes of stdout, or `FilesUnreadable`
with what git complained of. A repository's own configuration can name programs (monitors,
hooks, filters, pagers, transports, helpers); only commands that need none are asked, and each
setting that could start one is overridden all the same. The only module that starts a process.
What is asked stands in `commits` and `repository`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from reconciler.adapters.source_files import MOST_BYTES, text_of
from reconciler.model.errors import FilesUnreadable, Refused

_SETTINGS: Final = (
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.askPass=",
    "core.attributesFile=/dev/null",
    "core.alternateRefsCommand=",
    "core.untrackedCache=false",
    "credential.helper=",
    "diff.external=",
    "gc.auto=0",
    "log.showSignature=false",
    "maintenance.auto=false",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
)
_ENVIRONMENT: Final = {
    # protocol.NAME.allow in a repository would override protocol.allow
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LANG": "C",
    "LANGUAGE": "C",
    "LC_ALL": "C",
}
# The user's own settings are hers: `safe.directory` and `core.excludesFile` are usually
# there.
_KEPT: Final = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "SYSTEMROOT", "TMPDIR")

_PART: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Git:
    """The git program in one folder of a repository; paths in and out are relative to that
    folder.
    """

    program: str
    folder: Path
    top: Path
    within_s: float = 60.0

    def listing(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """All that git says on stdout."""
        parts, size = [], 0
        for part in self.stream(*arguments, stdin=stdin):
            parts.append(part)
            size += len(part)
            if size > MOST_BYTES:
                raise FilesUnreadable(
                    f"git {arguments[0]} says more than {MOST_BYTES:,} bytes",
                    "look at what is there",
                )
        return b"".join(parts)

    def stream(self, *arguments: str, stdin: bytes = b"") -> Generator[bytes, None, None]:
        """What git says on stdout, as it comes; git is ended when the caller stops listening."""
        code, complaint = yield from self._run(arguments, stdin)
        if code:
            raise _unreadable(complaint, self.folder)

    def ask(self, *arguments: str) -> str | None:
        """One line that git says; None when it says no, which is the answer to a question."""
        parts = []
        running = self._run(arguments, b"")
        while True:
            try:
                parts.append(next(running))
            except StopIteration as end:
                code, _ = end.value
                return text_of(b"".join(parts).removesuffix(b"\n")) if code == 0 else None

    def _run(
        self, arguments: tuple[str, ...], stdin: bytes
    ) -> Generator[bytes, None, tuple[int, bytes]]:
        with _scratch() as asked, _scratch() as complaint:
            asked.write(stdin)
            asked.seek(0)
            process = self._start(arguments, asked, complaint)
            with process, _ended_in_time(process, self.within_s) as late:
                out = process.stdout.fileno() if process.stdout else -1
                while part := os.read(out, _PART):
                    yield part
                code = process.wait()
            if late.is_set():
                raise FilesUnreadable(
                    f"git {arguments[0]} did not end within {self.within_s:g} s",
                    "run it again",
                )
            complaint.seek(0)
            return code, complaint.read(_PART)

    def _start(
        self, arguments: tuple[str, ...], asked: IO[bytes], complaint: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603  a list of our own words and no shell
                self._command(arguments),
                stdin=asked,
                stdout=subprocess.PIPE,
                stderr=complaint,
                cwd=self.folder,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            message = f"git cannot be started in '{self.folder}': {(error.strerror or '').lower()}"
            raise FilesUnreadable(message, "repair the folder's permissions") from None

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        settings = (word for setting in _SETTINGS for word in ("-c", setting))
        return [self.program, "--no-pager", *settings, *arguments]


def find_git(root: Path) -> Git | None:
    """Git in this folder; None when it belongs to no work tree, or git is not installed.

    A folder that the repository around it ignores as a whole counts as outside of that repository.
    """
    folder = root.resolve()
    if not folder.is_dir():
        raise FilesUnreadable(
            f"'{root}' is not a folder",
            "name the folder that holds portal.yaml with --root",
        )
    top = _top(folder)
    if top is None:
        return None
    program = shutil.which("git", path=_search_path())
    if program is None:
        _not_sparse(top)
        return None
    git = Git(program, folder, top)
    told = os.fsdecode(git.listing("rev-parse", "--show-toplevel").removesuffix(b"\n"))
    if not os.path.exists(told) or not os.path.samefile(told, top):
        raise FilesUnreadable(
            f"git takes '{told}' for the work tree of '{top}'", "unset core.worktree there"
        )
    return None if folder != top and _disowned(git) else git


def _top(folder: Path) -> Path | None:
    """The nearest folder upwards that holds `.git`, within one file system as git looks for it."""
    try:
        device = folder.stat().st_dev
        for candidate in (folder, *folder.parents):
            if candidate.stat().st_dev != device:
                return None
            if os.path.lexists(candidate / ".git"):
                return candidate
    except OSError as error:
        raise FilesUnreadable(f"'{folder}' cannot be looked at: {error.strerror}") from None
    return None


def _disowned(git: Git) -> bool:
    ignored = git.ask("check-ignore", "--quiet", "--", ".") is not None
    return ignored and not git.listing("ls-files", "-z", "--", ".")


def _not_sparse(top: Path) -> None:
    """Without git nobody can tell which files a sparse checkout left out, and they would look
    deleted.
    """
    if os.path.lexists(top / ".git" / "info" / "sparse-checkout"):
        raise Refused(
            "this may be a sparse checkout, and git is not installed; nothing was changed",
            "install git",
        )


def _scratch() -> IO[bytes]:
    """Room for a while; where the system can, in memory, for the disk may be read-only."""
    if sys.platform == "linux":
        return open(os.memfd_create("git"), "w+b")
    return TemporaryFile()


def _search_path() -> str:
    """PATH without relative entries: a repository must not bring a `git` of its own."""
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(entry for entry in entries if os.path.isabs(entry))


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PATH": _search_path(), **_ENVIRONMENT}


@contextmanager
def _ended_in_time(
    process: subprocess.Popen[bytes], within_s: float
) -> Iterator[threading.Event]:
    """The process is gone when this block ends; the event tells whether it had to be ended for
    the time.
    """
    late = threading.Event()

    def end() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(within_s, end)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()
        _kill(process)
        process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _unreadable(complaint: bytes, folder: Path) -> FilesUnreadable:
    lines = complaint.decode("utf-8", "backslashreplace").splitlines()
    said = next(
        (line for line in lines if line.startswith(("fatal:", "error:"))),
        "it gave no reason",
    )
    if "dubious ownership" in said:
        hint = f"if you trust it: git config --global --add safe.directory '{folder}'"
        return FilesUnreadable(
            "git does not trust this repository: it belongs to somebody else", hint
        )
    return FilesUnreadable(
        f"git cannot read this repository: {said.partition(': ')[2] or said}",
        "try git fsck",
    )
