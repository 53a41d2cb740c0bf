"""Tables of the markets room: areas, categories, policies, the gazetteer."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from geoalchemy2 import Geography, Geometry, WKBElement
from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Integer, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from jobbing_api.database import Base, Instant, new_id

URGENCIES = ("now", "scheduled", "flexible")


class Market(Base):
    """A town or region we work in. Areas never overlap: a trigger,
    ``ex_markets_area_disjoint``, refuses a second market on the same ground."""

    __tablename__ = "markets"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    #: Plane geometry on purpose: a boundary is the line people drew on a map. Long, and
    #: read where it is asked for only.
    area: Mapped[WKBElement] = mapped_column(
        Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), deferred=True
    )
    time_zone: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso_4217"),
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country_iso_3166"),
        CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="slug_shape"),
        CheckConstraint("ST_IsValid(area) AND NOT ST_IsEmpty(area)", name="area_valid"),
        Index("ix_markets_area", "area", postgresql_using="gist"),
    )


class Category(Base):
    """A kind of job. ``papers`` are the letters of the paper kinds it may require."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    group_slug: Mapped[str] = mapped_column(Text)
    names: Mapped[dict[str, str]] = mapped_column(JSONB)
    group_names: Mapped[dict[str, str]] = mapped_column(JSONB)
    usual_minutes: Mapped[int] = mapped_column(Integer)
    price_kind: Mapped[str] = mapped_column(Text)
    papers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    #: The present one, as its own row has it. Long, and read where it is asked for only.
    brief_template: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True)

    __table_args__ = (
        CheckConstraint("price_kind IN ('hourly', 'flat', 'quote')", name="price_kind"),
        CheckConstraint("usual_minutes > 0", name="usual_minutes_positive"),
    )


class BriefTemplate(Base):
    """One version of what to say about a job of a category.

    Rows are never changed and stay for ever: jobs were answered under them.
    """

    __tablename__ = "brief_templates"

    category_id: Mapped[int] = mapped_column(
        SmallInteger, ForeignKey("categories.id"), primary_key=True
    )
    version: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint(
            "(content ->> 'version')::integer = version", name="content_says_its_version"
        ),
    )


class Policy(Base):
    """One version of the rules for a market, a category (or all) and an urgency.

    Rows are never changed: a new version takes force at ``in_force_from``.
    """

    __tablename__ = "policies"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    category_id: Mapped[int | None] = mapped_column(SmallInteger, ForeignKey("categories.id"))
    urgency: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    in_force_from: Mapped[datetime] = mapped_column(Instant)
    rules: Mapped[dict[str, Any]] = mapped_column(JSONB)
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("urgency IN ('now', 'scheduled', 'flexible')", name="urgency"),
        CheckConstraint("version > 0", name="version_positive"),
        Index(
            "uq_policies_version",
            "market_id",
            "category_id",
            "urgency",
            "version",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )


class Place(Base):
    """A name people know, from the gazetteer (GeoNames, CC BY 4.0)."""

    __tablename__ = "places"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    #: Lower case without accents, with the alternative names: what is searched.
    search_text: Mapped[str] = mapped_column(Text)
    admin_area: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)
    point: Mapped[WKBElement] = mapped_column(Geography("POINT", srid=4326, spatial_index=False))
    population: Mapped[int] = mapped_column(Integer)
    time_zone: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index(
            "ix_places_search_text",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
        Index("ix_places_country_population", "country", "population"),
        Index("ix_places_point", "point", postgresql_using="gist"),
    )
