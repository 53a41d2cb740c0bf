"""What can go wrong in the domain, in the domain's words.

Every refusal is one class with a stable ``slug``. Which HTTP status a slug
becomes is decided in one table at the edge (``jobbing_api.api.problems``); which
sentence a person reads is decided by the wording files under that slug.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class Wrong(str):
    """What is wrong with one value: an id of the wording files, and the values its
    sentence shows."""

    values: Mapping[str, Any]

    def __new__(cls, message_id: str, **values: Any) -> Wrong:
        self = super().__new__(cls, message_id)
        self.values = values
        return self


class DomainError(Exception):
    """A request the domain refuses.

    ``details`` are the values the sentence and the problem document may show;
    ``fields`` maps a dotted path into the request to what is wrong there.
    """

    slug: ClassVar[str] = "refused"

    #: True where the refusal itself is a fact to keep (demand outside every
    #: market, a stolen refresh token): the transaction commits, then refuses.
    keeps_writes: ClassVar[bool] = False

    def __init__(self, *, fields: Mapping[str, list[str]] | None = None, **details: Any) -> None:
        super().__init__(f"{self.slug} {details or ''}".strip())
        self.fields = dict(fields or {})
        self.details = details


class NotFound(DomainError):
    """The thing does not exist, or is somebody else's: both answer alike."""

    slug = "not-found"


class NotAllowed(DomainError):
    """The caller's role can never do this."""

    slug = "not-allowed"


class SignInRequired(DomainError):
    slug = "sign-in-required"


class WrongCredentials(DomainError):
    slug = "wrong-credentials"


class SessionRevoked(DomainError):
    """A refresh token was presented twice: whoever holds it, the session ends."""

    slug = "session-revoked"
    keeps_writes = True


class InvalidToken(DomainError):
    slug = "invalid-token"


class WrongCode(DomainError):
    """Not the code that was sent, or one that does not work any more. That it was tried is
    kept, so that nobody can try them all."""

    slug = "wrong-code"
    keeps_writes = True


class WrongStartCode(DomainError):
    """Not the code the resident reads out. That it was tried is kept."""

    slug = "wrong-start-code"
    keeps_writes = True


class EmailTaken(DomainError):
    slug = "email-taken"


class AccountSuspended(DomainError):
    slug = "account-suspended"


class InvalidInput(DomainError):
    """A value is well formed but makes no sense here; ``fields`` says which."""

    slug = "invalid-input"


class OutsideMarkets(DomainError):
    """Nobody works there yet. The demand is counted all the same."""

    slug = "outside-markets"
    keeps_writes = True


class IllegalMove(DomainError):
    """The thing is in a state from which this move does not exist."""

    slug = "illegal-move"


class ProfileRequired(DomainError):
    """A provider has to say where they work from and what they do first."""

    slug = "profile-required"


class PaperRequired(DomainError):
    """The market insists on papers of which some are ``missing``, or not in force then."""

    slug = "paper-required"


class TooManyPapers(DomainError):
    """``most`` papers of this account are here; some have to go before another comes."""

    slug = "too-many-papers"


class AlreadyTaken(DomainError):
    slug = "already-taken"


class OfferExpired(DomainError):
    slug = "offer-expired"


class CalendarConflict(DomainError):
    slug = "calendar-conflict"


class QuoteRequired(DomainError):
    slug = "quote-required"


class UndoOver(DomainError):
    """An acceptance can be taken back at once or not at all; later it is a cancellation."""

    slug = "undo-over"


class TooEarly(DomainError):
    """This can be said ``minutes`` after the agreed time (before it, where there are fewer
    than none), and that is not yet."""

    slug = "too-early"


class NothingAsked(DomainError):
    """There is no question of the other side's to answer, or not any more."""

    slug = "nothing-asked"


class FeeChanged(DomainError):
    """Calling it off costs more by now than the caller was told: ``fee_cents``."""

    slug = "fee-changed"


class VersionMismatch(DomainError):
    """Somebody else changed it since the caller read it."""

    slug = "version-mismatch"


class VersionRequired(DomainError):
    slug = "version-required"


class IdempotencyKeyReused(DomainError):
    slug = "idempotency-key-reused"


class StillRunning(DomainError):
    slug = "still-running"


class NotAPicture(DomainError):
    """Not a kind of file that is taken."""

    slug = "not-a-picture"


class PhotoTooLarge(DomainError):
    """More than ``most_megabytes``."""

    slug = "photo-too-large"


class TooManyPhotos(DomainError):
    """``most_waiting`` photos of this account wait to be used; no more until some are."""

    slug = "too-many-photos"


class PhotoFrozen(DomainError):
    """The photo shows what happened, or work was begun by it: it stays."""

    slug = "photo-frozen"


class Unavailable(DomainError):
    """Something this needs is not configured or not reachable now."""

    slug = "unavailable"
