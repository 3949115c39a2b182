"""The git program: how it is started, and which repository a folder belongs to.

In: a folder and the arguments of a plumbing command. Out: bytes of stdout, or `FilesUnreadable`
with git's own error. A repository's configuration can name programs (monitors, hooks, filters,
pagers, transports, helpers). `commits` and `repository` use only commands that need none of them,
and each setting that could start one is overridden as well. No other module starts a process.
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

from reconciler.adapters.source_files import MAX_TOTAL_BYTES, text_of
from reconciler.model.errors import FilesUnreadable, Refused

# Each of these settings could start a program or a connection. `-c` overrides the repository's.
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
    # grafts and replacements would show another history than the one that was reviewed
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_REPLACE_OBJECTS": "1",
    # in a partial clone, reading a missing object would fetch it
    "GIT_NO_LAZY_FETCH": "1",
    # a command that only reads may refresh the index, and the checkout may be read-only
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    # `_error_of` compares git's messages, so they must be English
    "LANG": "C",
    "LANGUAGE": "C",
    "LC_ALL": "C",
}
# These lead to the user's own settings, where `safe.directory` and `core.excludesFile` usually are.
# No other variable is passed on: a hook sets GIT_DIR, which leads to another repository.
_USER_VARIABLES: Final = (
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_GLOBAL",
    "SYSTEMROOT",
    "TMPDIR",
)

_PART_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Git:
    """The git program in one folder of a repository; all paths are relative to that folder."""

    program: str
    folder: Path
    top: Path
    timeout_s: float = 60.0

    def read_output(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Return everything that git writes to stdout."""
        parts, size = [], 0
        for part in self.stream_output(*arguments, stdin=stdin):
            parts.append(part)
            size += len(part)
            if size > MAX_TOTAL_BYTES:
                raise FilesUnreadable(
                    f"git {arguments[0]} wrote more than {MAX_TOTAL_BYTES:,} bytes",
                    "remove the files that do not belong in the repository",
                )
        return b"".join(parts)

    def stream_output(
        self, *arguments: str, stdin: bytes = b""
    ) -> Generator[bytes, None, None]:
        """Yield stdout as it comes; closing the generator ends git."""
        code, stderr = yield from self._run(arguments, stdin)
        if code:
            raise _error_of(stderr, self.folder)

    def read_line(self, *arguments: str) -> str | None:
        """Return the one line that git writes; None if git exits with an error.

        For questions such as `rev-parse --verify --quiet`, where an error is the answer no.
        """
        parts = []
        run = self._run(arguments, b"")
        while True:
            try:
                parts.append(next(run))
            except StopIteration as end:
                code, _ = end.value
                return text_of(b"".join(parts).removesuffix(b"\n")) if code == 0 else None

    def _run(
        self, arguments: tuple[str, ...], stdin: bytes
    ) -> Generator[bytes, None, tuple[int, bytes]]:
        # With pipes, git could wait for a reader of stderr, and this program for a reader of
        # stdin.
        with _scratch_file() as stdin_file, _scratch_file() as stderr_file:
            stdin_file.write(stdin)
            stdin_file.seek(0)
            process = self._start(arguments, stdin_file, stderr_file)
            with process, _limit_lifetime(process, self.timeout_s) as deadline_passed:
                out = process.stdout.fileno() if process.stdout else -1
                while part := os.read(out, _PART_BYTES):
                    yield part
                code = process.wait()
            if deadline_passed.is_set():
                raise FilesUnreadable(
                    f"git {arguments[0]} did not end within {self.timeout_s:g} s",
                    "run it again",
                )
            stderr_file.seek(0)
            return code, stderr_file.read(_PART_BYTES)

    def _start(
        self, arguments: tuple[str, ...], stdin_file: IO[bytes], stderr_file: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603  a list of our own words and no shell
                self._command(arguments),
                stdin=stdin_file,
                stdout=subprocess.PIPE,
                stderr=stderr_file,
                cwd=self.folder,
                env=_environment(),
                # a process group of its own: `_kill` ends programs that git started as well
                start_new_session=True,
            )
        except OSError as error:
            # usually a folder without the permission to enter it, since git itself was found
            message = f"git cannot be started in '{self.folder}': {(error.strerror or '').lower()}"
            raise FilesUnreadable(message, "repair the folder's permissions") from None

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        settings = (word for setting in _SETTINGS for word in ("-c", setting))
        return [self.program, "--no-pager", *settings, *arguments]


def find_git(root: Path) -> Git | None:
    """Return git for this folder; None if it is in no work tree, or git is not installed.

    A folder that the repository around it ignores counts as outside of that repository.
    """
    folder = root.resolve()
    if not folder.is_dir():
        raise FilesUnreadable(
            f"'{root}' is not a folder",
            "name the folder that contains portal.yaml with --root",
        )
    top = _top(folder)
    if top is None:
        return None
    program = shutil.which("git", path=_search_path())
    if program is None:
        _refuse_sparse_without_git(top)
        return None
    git = Git(program, folder, top)
    # core.worktree can point elsewhere; then the commit and the disk are of different folders
    work_tree = os.fsdecode(
        git.read_output("rev-parse", "--show-toplevel").removesuffix(b"\n")
    )
    if not os.path.exists(work_tree) or not os.path.samefile(work_tree, top):
        raise FilesUnreadable(
            f"the work tree of '{top}' is '{work_tree}' for git",
            "unset core.worktree there",
        )
    return None if folder != top and _is_ignored(git) else git


def _top(folder: Path) -> Path | None:
    """Return the nearest folder upwards that contains `.git`.

    Like git, the search does not leave the file system.
    """
    try:
        device = folder.stat().st_dev
        for candidate in (folder, *folder.parents):
            if candidate.stat().st_dev != device:
                return None
            # a folder, a file (second work tree, submodule) or a link, even a dangling one
            if os.path.lexists(candidate / ".git"):
                return candidate
    except OSError as error:
        raise FilesUnreadable(f"'{folder}' cannot be read: {error.strerror}") from None
    return None


def _is_ignored(git: Git) -> bool:
    is_ignored = git.read_line("check-ignore", "--quiet", "--", ".") is not None
    # files that were added in spite of .gitignore are part of the repository
    return is_ignored and not git.read_output("ls-files", "-z", "--", ".")


def _refuse_sparse_without_git(top: Path) -> None:
    """Raise `Refused` in a sparse checkout."""
    # only git can list the files that a sparse checkout left out, and they would look removed
    if os.path.lexists(top / ".git" / "info" / "sparse-checkout"):
        raise Refused(
            "this may be a sparse checkout, and git is not installed; nothing was changed",
            "install git",
        )


def _scratch_file() -> IO[bytes]:
    """Return a temporary file; on Linux in memory."""
    # in a container, /tmp may be read-only
    if sys.platform == "linux":
        return open(os.memfd_create("git"), "w+b")
    return TemporaryFile()


def _search_path() -> str:
    """Return PATH without relative entries."""
    # with `.` in PATH, a repository that contains a program called `git` would have it run
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(entry for entry in entries if os.path.isabs(entry))


def _environment() -> dict[str, str]:
    user = {name: os.environ[name] for name in _USER_VARIABLES if name in os.environ}
    return {**user, "PATH": _search_path(), **_ENVIRONMENT}


@contextmanager
def _limit_lifetime(
    process: subprocess.Popen[bytes], timeout_s: float
) -> Iterator[threading.Event]:
    """End the process with this block, or after `timeout_s` seconds; then the event is set."""
    deadline_passed = threading.Event()

    def kill_late() -> None:
        deadline_passed.set()
        _kill(process)

    timer = threading.Timer(timeout_s, kill_late)
    # a daemon thread does not keep the program running after an error elsewhere
    timer.daemon = True
    timer.start()
    try:
        yield deadline_passed
    finally:
        timer.cancel()
        _kill(process)
        process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    # `poll` reaps a process that has ended; after that its number may belong to another one
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _error_of(stderr: bytes, folder: Path) -> FilesUnreadable:
    lines = stderr.decode("utf-8", "backslashreplace").splitlines()
    message = next(
        (line for line in lines if line.startswith(("fatal:", "error:"))),
        "it gave no reason",
    )
    if "dubious ownership" in message:
        hint = f"if you trust it, run git config --global --add safe.directory '{folder}'"
        return FilesUnreadable(
            "git does not trust this repository: it belongs to another user", hint
        )
    return FilesUnreadable(
        f"git cannot read this repository: {message.partition(': ')[2] or message}",
        "run git fsck to find the damage",
    )
