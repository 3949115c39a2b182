"""Carrying mails from the outbox to the mail server, in a thread of every server process.

Nothing waits for it: a change is done when its mail stands in the outbox. Without a mail server
nobody calls this, and the mails stay there to be read.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import Final

from reconciler.portal.actions import outbox
from reconciler.portal.delivery.messages import NotSendable, message, recipient
from reconciler.portal.delivery.smtp import Deferred, Line, MailServer, Rejected
from reconciler.portal.i18n.portal_name import name_for
from reconciler.portal.store.database import AWAY, failure
from reconciler.portal.store.store import Store

LOG: Final = logging.getLogger("portal")
LOOK_EVERY_S: Final = 1.0
REST_S: Final = 15.0
"""How long to leave a mail server alone that is not there."""


def carry_mails(store: Store, server: MailServer, done: threading.Event) -> None:
    """Send what is due until it is done; a mail under way is finished first."""
    while not done.is_set():
        try:
            reached = carry_due(store, server, done)
        except AWAY as error:
            LOG.warning("mails", extra=failure(error))
            reached = False
        done.wait(LOOK_EVERY_S if reached else REST_S)


def carry_due(store: Store, server: MailServer, done: threading.Event | None = None) -> bool:
    """Send every mail that is due, over one connection; whether the mail server was there."""
    line: Line | None = None
    try:
        while not (done and done.is_set()) and (mail := outbox.take(store)):
            try:
                line = line or Line(server)
                line.hand_over(
                    message(mail, server.sender, name_for(mail["language"], store.name())), recipient(mail["to"])
                )
            except (Rejected, NotSendable) as refusal:
                outbox.note_rejected(store, mail, str(refusal))
                _tell(mail, "dead", refusal.reason)
            except Deferred as delay:
                outbox.note_deferred(store, mail, str(delay))
                _tell(mail, "deferred", delay.reason)
                if delay.at_all:
                    return False
            else:
                outbox.note_sent(store, mail)
                LOG.info("mail", extra={"mail": mail["id"], "kind": mail["kind"], "state": "sent"})
    finally:
        if line is not None:
            with contextlib.suppress(OSError):
                line.close()
    return True


def _tell(mail: outbox.Mail, state: str, reason: str) -> None:
    told = {"mail": mail["id"], "kind": mail["kind"], "state": state, "reason": reason}
    LOG.warning("mail", extra=told)
