"""The table of files: what is kept of whom, where it belongs, and what is owed about it."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from jobbing_api.database import Base, Instant, new_id

#: Where a photo may belong. ``job``: its brief. ``check``: a check-in or the finish.
#: ``receipt``: what supplies of an order cost.
SUBJECTS = ("job", "check", "message", "receipt", "portfolio", "paper")

#: Where a PDF may.
MAY_BE_PDF = ("paper", "receipt")

_SUBJECTS = ", ".join(f"'{one}'" for one in SUBJECTS)
_MAY_BE_PDF = ", ".join(f"'{one}'" for one in MAY_BE_PDF)


class Photo(Base):
    """A picture, or a paper's PDF. Its objects in the store are known by its id.

    *arriving*: its object may or may not be there yet. *kept*: it is. *going*: nobody sees
    it any more, its objects are removed and then this row. ``wake_at`` is when a task has to
    look at it next (thumbnails, removal, or nobody said where it belongs), ``queued_at``
    when one was asked to, and ``tended_until`` until when somebody may be writing objects:
    nobody removes any before.
    """

    __tablename__ = "photos"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    state: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    #: Of the whole picture; a PDF has no sides.
    width: Mapped[int | None]
    height: Mapped[int | None]
    size_bytes: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)

    subject_kind: Mapped[str | None] = mapped_column(Text)
    #: The job, check, message, receipt or paper; the provider, for a portfolio.
    subject_id: Mapped[uuid.UUID | None]
    #: The job it is about, where there is one: it goes when that is long over.
    job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("jobs.id"))
    position: Mapped[int | None] = mapped_column(SmallInteger)
    attached_at: Mapped[datetime | None] = mapped_column(Instant)

    thumbnails_at: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    wake_at: Mapped[datetime | None] = mapped_column(Instant)
    queued_at: Mapped[datetime | None] = mapped_column(Instant)
    tended_until: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("state IN ('arriving', 'kept', 'going')", name="state"),
        CheckConstraint(f"subject_kind IN ({_SUBJECTS})", name="subject_kind"),
        CheckConstraint(
            "num_nulls(subject_kind, subject_id, position, attached_at) IN (0, 4)",
            name="belongs_wholly_or_not",
        ),
        CheckConstraint("state <> 'arriving' OR subject_id IS NULL", name="arriving_is_nowhere"),
        CheckConstraint("subject_kind <> 'job' OR subject_id = job_id", name="jobs_own_job"),
        CheckConstraint("media_type IN ('image/jpeg', 'application/pdf')", name="media_type"),
        CheckConstraint(
            "num_nulls(width, height) = CASE media_type WHEN 'image/jpeg' THEN 0 ELSE 2 END",
            name="pictures_have_sides",
        ),
        CheckConstraint(
            f"media_type = 'image/jpeg' OR subject_kind IN ({_MAY_BE_PDF}) OR subject_kind IS NULL",
            name="only_papers_are_pdf",
        ),
        # Whatever is not settled for good is looked at again.
        CheckConstraint(
            "(state = 'kept' AND subject_id IS NOT NULL) OR wake_at IS NOT NULL",
            name="unsettled_is_watched",
        ),
        Index("ix_photos_wake_at", "wake_at", postgresql_where=text("wake_at IS NOT NULL")),
        Index("ix_photos_subject_id", "subject_id", "position"),
        Index("ix_photos_owner_id", "owner_id", "id"),
        Index("ix_photos_attached_at", "attached_at", postgresql_where=text("job_id IS NOT NULL")),
    )
