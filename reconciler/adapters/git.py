"""Questions to git, asked so that nothing a repository says about itself is ever run.

The only module that starts a process. Hooks, monitors, filters, pagers and external diffs named by a
hostile repository's configuration stay unrun: only plumbing commands that know none of them are used,
with the dangerous settings overridden all the same.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from reconciler.model.errors import FilesUnreadable, WrongUsage

WITHIN_S: Final = 60

_CONFIG: Final = (
    "core.fsmonitor=false", "core.hooksPath=/dev/null", "core.pager=cat", "core.sshCommand=false",
    "core.askPass=", "core.attributesFile=/dev/null", "protocol.allow=never", "diff.external=", "core.quotePath=false",
    "submodule.recurse=false", "gc.auto=0", "maintenance.auto=false", "core.alternateRefsCommand=",
)  # fmt: skip
_ENVIRONMENT: Final = {
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1", "GIT_LITERAL_PATHSPECS": "1", "GIT_PAGER": "cat", "LC_ALL": "C",
}  # fmt: skip
_KEPT: Final = ("PATH", "HOME", "SYSTEMROOT", "GIT_CONFIG_GLOBAL", "GIT_CEILING_DIRECTORIES")


def git(root: Path, *arguments: str, stdin: bytes | None = None) -> bytes | None:
    """What git says on stdout; None when it says no (not a repository, no such commit)."""
    settings = [part for setting in _CONFIG for part in ("-c", setting)]
    command = ["git", "--no-pager", *settings, "-C", str(root), *arguments]
    try:
        done = subprocess.run(  # noqa: S603  a list, no shell
            command, input=stdin, capture_output=True, timeout=WITHIN_S, env=_environment(), check=False
        )
    except FileNotFoundError:
        return None
    except subprocess.TimeoutExpired:
        raise FilesUnreadable(f"git did not answer within {WITHIN_S} s") from None
    if done.returncode == 0:
        return done.stdout
    if b"dubious ownership" in done.stderr:
        hint = "run git config --global --add safe.directory FOLDER if you trust it"
        raise FilesUnreadable("git does not trust this folder: it belongs to somebody else", hint)
    return None


def _environment() -> dict[str, str]:
    return {**{name: os.environ[name] for name in _KEPT if name in os.environ}, **_ENVIRONMENT}


def head(root: Path) -> str | None:
    """The full id of HEAD; None outside of git and before the first commit."""
    return commit_of(root, "HEAD")


def commit_of(root: Path, ref: str) -> str | None:
    """The full id of the commit that a name means; None when there is none."""
    if ref.startswith("-") or "\0" in ref or "\n" in ref:
        raise WrongUsage(f"'{ref}' is not the name of a commit", "name a branch, a tag or a commit")
    found = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return found.decode().strip() if found else None


def prefix(root: Path) -> str | None:
    """Where the folder is within its repository (`""` or `sub/folder/`); None outside of git."""
    found = git(root, "rev-parse", "--show-prefix")
    return found.decode("utf-8", "surrogateescape").strip("\n") if found is not None else None


def ancestors_among(root: Path, commits: Iterable[str]) -> frozenset[str]:
    """Those of the commits that HEAD descends from, HEAD included; what git does not know is not among them."""
    wanted = {commit for commit in commits if 7 <= len(commit) <= 64 and not set(commit) - set("0123456789abcdef")}
    if not wanted:
        return frozenset()
    found = git(root, "rev-list", "HEAD") or b""
    every = found.decode().split()
    exact = wanted.intersection(every)
    short = {one for one in wanted - exact if len(one) < 40 and any(commit.startswith(one) for commit in every)}
    return frozenset(exact | short)


def blobs_at(root: Path, commit: str, paths: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Path relative to the folder → (mode, blob id) of all files of a commit under these paths."""
    found = git(root, "ls-tree", "-r", "-z", commit, "--", *paths) or b""
    blobs = {}
    for entry in found.split(b"\0"):
        if entry:
            about, _, path = entry.partition(b"\t")
            mode, _, blob = about.decode().split(" ")
            blobs[path.decode("utf-8", "surrogateescape")] = (mode, blob)
    return blobs


def contents(root: Path, blobs: Iterable[str]) -> dict[str, bytes]:
    """The bytes of many blobs, with one process."""
    wanted = sorted(set(blobs))
    out = git(root, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in wanted).encode()) or b""
    found, at = {}, 0
    while at < len(out):
        end = out.index(b"\n", at)
        blob, kind, *size = out[at:end].decode().split(" ")
        length = int(size[0]) if size else 0
        if kind == "blob":
            found[blob] = out[end + 1 : end + 1 + length]
        at = end + 1 + (length + 1 if size else 0)
    return found


def ignored(root: Path, paths: Sequence[str]) -> frozenset[str]:
    """Files and folders (with `/` at the end) under the paths that git ignores."""
    found = git(root, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory", "--", *paths)
    return frozenset(part.decode("utf-8", "surrogateescape") for part in (found or b"").split(b"\0") if part)


def left_out(root: Path, paths: Sequence[str]) -> list[str]:
    """Tracked files under the paths that a sparse checkout left out of the working tree."""
    found = git(root, "ls-files", "-z", "-t", "--", *paths) or b""
    entries = (part for part in found.split(b"\0") if part)
    return [part[2:].decode("utf-8", "surrogateescape") for part in entries if part[:1] == b"S"]
