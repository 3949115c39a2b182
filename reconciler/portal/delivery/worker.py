"""Sends mails from the outbox to the mail server, in a thread of each server process.

Nothing waits for it: a change is complete when its mail is in the outbox. Without a mail server the
mails stay in the outbox, to be read there.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import Final

from reconciler.portal.actions import outbox
from reconciler.portal.delivery.messages import NotSendable, message, recipient
from reconciler.portal.delivery.smtp import Deferred, MailConnection, MailServer, Rejected
from reconciler.portal.i18n.portal_name import name_for
from reconciler.portal.store.database import UNAVAILABLE, failure
from reconciler.portal.store.store import Store

LOG: Final = logging.getLogger("portal")
POLL_EVERY_S: Final = 1.0
# How long to wait before asking an unreachable mail server again.
RETRY_AFTER_S: Final = 15.0


def send_mails(store: Store, server: MailServer, stop: threading.Event) -> None:
    """Send due mails until `stop` is set; a mail being sent is finished first."""
    while not stop.is_set():
        try:
            is_reachable = send_due_mails(store, server, stop)
        except UNAVAILABLE as error:
            LOG.warning("mails", extra=failure(error))
            is_reachable = False
        stop.wait(POLL_EVERY_S if is_reachable else RETRY_AFTER_S)


def send_due_mails(
    store: Store, server: MailServer, stop: threading.Event | None = None
) -> bool:
    """Send all due mails over one connection; return whether the mail server was reachable."""
    connection: MailConnection | None = None
    try:
        while not (stop and stop.is_set()) and (mail := outbox.claim_next(store)):
            try:
                connection = connection or MailConnection(server)
                connection.send(
                    message(mail, server.sender, name_for(mail["language"], store.name())),
                    recipient(mail["to"]),
                )
            except (Rejected, NotSendable) as refusal:
                outbox.record_rejected(store, mail, str(refusal))
                _log_failure(mail, "dead", refusal.reason)
            except Deferred as delay:
                outbox.record_deferred(store, mail, str(delay))
                _log_failure(mail, "deferred", delay.reason)
                if delay.is_server_wide:
                    return False
            else:
                outbox.record_sent(store, mail)
                LOG.info(
                    "mail",
                    extra={"mail": mail["id"], "kind": mail["kind"], "state": "sent"},
                )
    finally:
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()
    return True


def _log_failure(mail: outbox.Mail, state: str, reason: str) -> None:
    extra = {"mail": mail["id"], "kind": mail["kind"], "state": state, "reason": reason}
    LOG.warning("mail", extra=extra)
