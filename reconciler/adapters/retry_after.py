"""The `Retry-After` header of an answer."""

from __future__ import annotations

import email.utils
import re
import time

import httpx


def retry_after(response: httpx.Response) -> float | None:
    """Return the wait in seconds that `Retry-After` asks for; None without a readable value."""
    # RFC 9110, section 10.2.3: a number of seconds or an HTTP date
    text = response.headers.get("retry-after", "")
    # not \d: it matches digits of other scripts; and no number that becomes infinite as a float
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    # the date may have passed on the way, and clocks of two machines differ
    return max(0.0, moment.timestamp() - time.time())
