"""Downloads: headers that make a browser save a file, and archives built while sent."""

from __future__ import annotations

import zipfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

_CHUNK: Final = 256 * 1024
_TOKEN: Final = "!#$&+-.^_`|~"  # noqa: S105  characters that RFC 8187 leaves unescaped


def download_headers(name: str) -> dict[str, str]:
    """Return headers with which a browser saves the body under this name, never shows it.

    Both forms of RFC 6266: plain ASCII for old clients, and the name in UTF-8.
    """
    plain = "".join(
        c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name
    )
    extended = quote(name, safe=_TOKEN)
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{extended}",
        "X-Content-Type-Options": "nosniff",
    }


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its name there, the path of its bytes, and its time."""

    name: str
    path: Path
    at: str


def zip_stream(members: Sequence[Member]) -> Generator[bytes, None, None]:
    """Yield the archive part by part; neither it nor a file is ever whole in memory or on disk."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for member in members:
            info = zipfile.ZipInfo(member.name, _moment(member.at))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            with member.path.open("rb") as source, archive.open(info, "w") as target:
                while part := source.read(_CHUNK):
                    target.write(part)
                    yield sink.take()
    yield sink.take()


def _moment(at: str) -> tuple[int, int, int, int, int, int]:
    """Return the time for an archive, which cannot be before 1980."""
    year, month, day = int(at[:4]), int(at[5:7]), int(at[8:10])
    return max(year, 1980), month, day, int(at[11:13]), int(at[14:16]), int(at[17:19])


@dataclass(eq=False)
class _Sink:
    """The write-only stream that `zipfile` writes to."""

    parts: list[bytes] = field(default_factory=list)

    def write(self, part: bytes, /) -> int:
        self.parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing: the parts were already taken."""

    def take(self) -> bytes:
        content = b"".join(self.parts)
        self.parts.clear()
        return content
