"""A portal that answers without end is cut off, whatever is asked and however the answer is packed."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from reconciler.adapters.address import Address
from reconciler.adapters.answer_limits import AnswerLimits
from reconciler.adapters.budget import Budget
from reconciler.adapters.reader import PortalReader
from reconciler.adapters.writer import PortalWriter
from reconciler.model.errors import IncompleteAnswer, NotUnderstood, PortalUnavailable
from reconciler.model.plan import Expects
from reconciler.model.portal import Lease, RunMark
from tests.adapters.endless import ENDLESS, endless

MIB = 1024 * 1024
SMALL = AnswerLimits(bytes=2 * MIB, rows=1000)
BUFFERED = 16 * MIB
"""What may lie in the buffers of both ends when one of them stops reading."""


def reader(url: str, limits: AnswerLimits = SMALL) -> PortalReader:
    return PortalReader(Address(url, "token"), Budget(retries=0), limits)


def writer(url: str) -> PortalWriter:
    return PortalWriter(Address(url, "token"), Budget(retries=0))


ASKED: dict[str, Callable[[str], object]] = {
    "snapshot": lambda url: reader(url).live_state(),
    "meta": lambda url: reader(url).meta(),
    "lease": lambda url: writer(url).take_lease(["settings"], 60, "tests", "run_1"),
    "renewal": lambda url: writer(url).renew(Lease("lea_1", 1), 60),
    "return": lambda url: writer(url).give_back(Lease("lea_1", 1)),
    "batch": lambda url: writer(url).write_batch([], Lease("lea_1", 1), RunMark("o", "run_1", "4f1c"), Expects()),
}


@pytest.mark.parametrize(
    ("kind", "asked", "status"),
    [
        *((kind, asked, 200) for kind in ENDLESS for asked in ("snapshot", "meta")),
        *(("a bomb of zeros", asked, status) for asked in ASKED for status in (200, 409, 500, 503)),
    ],
)
def test_no_answer_without_end_is_read_to_its_end(
    kind: str, asked: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.adapters.response_reading.MAX_BODY_BYTES", 2 * MIB)
    with endless(kind, status) as server:
        tracemalloc.start()
        try:
            with pytest.raises(PortalUnavailable) as refused:
                ASKED[asked](server.url)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert len(server.sent) == 1, "it is not asked again"
        assert server.sent[0] < BUFFERED
    assert isinstance(refused.value, NotUnderstood | IncompleteAnswer)
    assert most < 24 * MIB, "what was packed small is not unpacked whole"


@pytest.mark.parametrize(
    ("limits", "said", "flag"),
    [
        (AnswerLimits(bytes=MIB), "sent more than 1,048,576 bytes", "raise --max-answer-bytes"),
        (AnswerLimits(rows=1000), "sent more than 1,000 rows", "raise --max-rows"),
    ],
)
@pytest.mark.parametrize("kind", ["rows", "rows that were compressed"])
def test_it_is_said_what_was_too_much_and_what_raises_the_number(
    kind: str, limits: AnswerLimits, said: str, flag: str
) -> None:
    with endless(kind) as server, pytest.raises(NotUnderstood, match=said) as refused:
        reader(server.url, limits).live_state()
    assert refused.value.hint == f"check the portal's URL; if the portal really is this large, {flag}"


def test_half_a_gibibyte_and_a_million_rows_are_read() -> None:
    assert AnswerLimits() == AnswerLimits(bytes=512 * MIB, rows=1_000_000)
