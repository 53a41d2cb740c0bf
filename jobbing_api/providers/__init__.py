"""What someone offers: skills and prices, reach, calendar and free time, record.

Hides: how a profile is checked, how weekly hours, exceptions and bookings become free
time, what makes a double booking impossible, which papers count, and how figures are
counted.
"""

from jobbing_api.markets.local_time import Stretch as Stretch
from jobbing_api.markets.local_time import weekly_stretches as weekly_stretches
from jobbing_api.providers import models as models
from jobbing_api.providers import papers as papers
from jobbing_api.providers import record as record
from jobbing_api.providers import verification as verification
from jobbing_api.providers.bookings import ABSENT as ABSENT
from jobbing_api.providers.bookings import DROPPED_OUT as DROPPED_OUT
from jobbing_api.providers.bookings import GIVEN_BACK as GIVEN_BACK
from jobbing_api.providers.bookings import UNDONE as UNDONE
from jobbing_api.providers.bookings import book as book
from jobbing_api.providers.bookings import is_taken as is_taken
from jobbing_api.providers.bookings import release as release
from jobbing_api.providers.calendar import Calendar as Calendar
from jobbing_api.providers.calendar import Exceptional as Exceptional
from jobbing_api.providers.calendar import Hours as Hours
from jobbing_api.providers.calendar import get_calendar as get_calendar
from jobbing_api.providers.calendar import put_calendar as put_calendar
from jobbing_api.providers.feeds import end_feed as end_feed
from jobbing_api.providers.feeds import feed_made_at as feed_made_at
from jobbing_api.providers.feeds import make_feed as make_feed
from jobbing_api.providers.feeds import whose_feed as whose_feed
from jobbing_api.providers.free_time import extend_due as extend_due
from jobbing_api.providers.free_time import lock as lock
from jobbing_api.providers.free_time import rebuild as rebuild
from jobbing_api.providers.newcomers import newcomers as newcomers
from jobbing_api.providers.pauses import pause as pause
from jobbing_api.providers.pauses import resume as resume
from jobbing_api.providers.portfolio import Shown as Shown
from jobbing_api.providers.portfolio import Work as Work
from jobbing_api.providers.portfolio import portfolio_of as portfolio_of
from jobbing_api.providers.portfolio import put_portfolio as put_portfolio
from jobbing_api.providers.presence import expire_positions as expire_positions
from jobbing_api.providers.presence import position_of as position_of
from jobbing_api.providers.presence import put_presence as put_presence
from jobbing_api.providers.profiles import PublicProfile as PublicProfile
from jobbing_api.providers.profiles import SkillOffered as SkillOffered
from jobbing_api.providers.profiles import get as get
from jobbing_api.providers.profiles import public_profile as public_profile
from jobbing_api.providers.profiles import public_profiles as public_profiles
from jobbing_api.providers.profiles import put_profile as put_profile
from jobbing_api.providers.record import Fact as Fact
from jobbing_api.providers.record import Figures as Figures
from jobbing_api.providers.record import figures as figures
from jobbing_api.providers.record import forget as forget_facts
from jobbing_api.providers.record import redate as redate_fact
from jobbing_api.providers.terms import PLAIN as PLAIN
from jobbing_api.providers.terms import Terms as Terms
from jobbing_api.providers.terms import terms_of as terms_of

__all__ = [
    "ABSENT",
    "DROPPED_OUT",
    "GIVEN_BACK",
    "PLAIN",
    "UNDONE",
    "Calendar",
    "Exceptional",
    "Fact",
    "Figures",
    "Hours",
    "PublicProfile",
    "Shown",
    "SkillOffered",
    "Stretch",
    "Terms",
    "Work",
    "book",
    "end_feed",
    "expire_positions",
    "extend_due",
    "feed_made_at",
    "figures",
    "forget_facts",
    "get",
    "get_calendar",
    "is_taken",
    "lock",
    "make_feed",
    "models",
    "newcomers",
    "papers",
    "pause",
    "portfolio_of",
    "position_of",
    "public_profile",
    "public_profiles",
    "put_calendar",
    "put_portfolio",
    "put_presence",
    "put_profile",
    "rebuild",
    "record",
    "redate_fact",
    "release",
    "resume",
    "terms_of",
    "verification",
    "weekly_stretches",
    "whose_feed",
]
