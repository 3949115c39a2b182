"""External failures, as exceptions. (Problems in files are values: `problems`.)

    ReconcilerError                 every error that we raise deliberately
    ├── WrongUsage                  the call is invalid                            64
    ├── FilesUnreadable             the files cannot be read, or are not valid            3
    ├── Refused                     a safeguard refuses before planning starts        4
    ├── Stale                       the state changed since it was read              5
    │   ├── LeaseHeld               another run works on these customers                  5
    │   └── LeaseLost               our lease ran out or was fenced                       5
    ├── PortalUnavailable           unreachable, incomplete or not understood             6
    │   ├── Unreachable             no connection, or none in time                        6
    │   ├── IncompleteAnswer        the answer ended early or does not add up             6
    │   └── NotUnderstood           an answer outside of the contract                     6
    ├── BatchRefused                the portal refused a whole batch                  7
    ├── OutcomeUnknown              a write was sent, its answer is missing            7
    ├── NotAllowed                  no valid token, or not permitted                     8
    ├── ResultLost                  stdout could not be written                           6
    └── Interrupted                 a signal                                        130 143

The numbers are the exit codes that `cli` gives them. Every message is lower case, names the object
and says what is expected; `hint` is an imperative sentence.
"""

from __future__ import annotations

from reconciler.model.problems import Problem


class ReconcilerError(Exception):
    """The root of the tree. `hint` says what to do about it."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class WrongUsage(ReconcilerError):
    """The call is invalid."""


class ResultLost(ReconcilerError):
    """The result cannot be shown: stdout could not be written."""


class FilesUnreadable(ReconcilerError):
    """The files cannot be read, or are invalid; then `problems` holds their problems."""

    def __init__(
        self, message: str, hint: str | None = None, problems: tuple[Problem, ...] = ()
    ) -> None:
        super().__init__(message, hint)
        self.problems = problems


class Refused(ReconcilerError):
    """A safeguard refuses before planning starts."""


class Stale(ReconcilerError):
    """The state changed since it was read."""


class LeaseHeld(Stale):
    """Another run works on these customers."""

    def __init__(self, message: str, holder: str, run: str, expires_in_s: float) -> None:
        super().__init__(message, "wait for it, or apply with --wait SECONDS")
        self.holder = holder
        self.run = run
        self.expires_in_s = expires_in_s


class LeaseLost(Stale):
    """Our lease ran out or was fenced."""


class PortalUnavailable(ReconcilerError):
    """Unreachable, incomplete or not understood."""


class Unreachable(PortalUnavailable):
    """No connection, or none in time."""


class IncompleteAnswer(PortalUnavailable):
    """The answer ended early or does not add up."""


class NotUnderstood(PortalUnavailable):
    """An answer outside of the contract."""


class BatchRefused(ReconcilerError):
    """The portal refused a whole batch; `problem` is its problem type."""

    def __init__(
        self, message: str, problem: str, *, status: int, hint: str | None = None
    ) -> None:
        super().__init__(message, hint)
        self.problem = problem
        self.status = status


class OutcomeUnknown(ReconcilerError):
    """A write was sent, and its answer is missing."""


class NotAllowed(ReconcilerError):
    """No valid token, or one without this permission."""


class Interrupted(ReconcilerError):
    """A signal ended the run; `signal` is its number."""

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.signal = signal
