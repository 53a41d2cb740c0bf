"""Made-up people over real towns, for a laptop and for tests.

Hides: the gazetteer's package, how a town becomes a market, the dice that draw who
lives there, and how they reach the tables by COPY. Nothing here belongs into a
production: the command refuses it.
"""

from jobbing_api.seeding.drawing import Seeded as Seeded
from jobbing_api.seeding.drawing import seed as seed
from jobbing_api.seeding.gazetteer import NoGazetteer as NoGazetteer
from jobbing_api.seeding.gazetteer import UnknownPlace as UnknownPlace
from jobbing_api.seeding.identities import MOST_PEOPLE as MOST_PEOPLE
from jobbing_api.seeding.identities import MOST_SEED as MOST_SEED
from jobbing_api.seeding.identities import PASSWORD as PASSWORD
from jobbing_api.seeding.identities import email_of as email_of
from jobbing_api.seeding.identities import operator_email as operator_email
from jobbing_api.seeding.progress import Reader as Reader
from jobbing_api.seeding.towns import PLAYED_CATEGORIES as PLAYED_CATEGORIES
from jobbing_api.seeding.towns import PLAYED_STAGGER_S as PLAYED_STAGGER_S
from jobbing_api.seeding.towns import PLAYED_URGENCY as PLAYED_URGENCY
from jobbing_api.seeding.trades import cents as cents
from jobbing_api.seeding.trades import usual_cents as usual_cents

__all__ = [
    "MOST_PEOPLE",
    "MOST_SEED",
    "PASSWORD",
    "PLAYED_CATEGORIES",
    "PLAYED_STAGGER_S",
    "PLAYED_URGENCY",
    "NoGazetteer",
    "Reader",
    "Seeded",
    "UnknownPlace",
    "cents",
    "email_of",
    "operator_email",
    "seed",
    "usual_cents",
]
