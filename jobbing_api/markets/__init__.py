"""Where we work and by which rules.

Hides: the shapes of markets, the files of categories and of their brief templates, how
templates and policies are versioned and checked, local clock times, and how a place is
found by its name. Others ask which market holds a place, what a category is, whether a
brief answers its template, and which rules hold now.
"""

from jobbing_api.markets import briefs as briefs
from jobbing_api.markets import local_time as local_time
from jobbing_api.markets import models as models
from jobbing_api.markets import pictures as pictures
from jobbing_api.markets.areas import all_markets as all_markets
from jobbing_api.markets.areas import by_slug as market_by_slug
from jobbing_api.markets.areas import create_market as create_market
from jobbing_api.markets.areas import market_at as market_at
from jobbing_api.markets.categories import all_categories as all_categories
from jobbing_api.markets.categories import by_slug as category_by_slug
from jobbing_api.markets.categories import sync_categories as sync_categories
from jobbing_api.markets.gazetteer import Place as Place
from jobbing_api.markets.gazetteer import load as load_places
from jobbing_api.markets.gazetteer import nearest as nearest_places
from jobbing_api.markets.gazetteer import search as search_places
from jobbing_api.markets.gazetteer import within as places_within
from jobbing_api.markets.policies import CallOutFee as CallOutFee
from jobbing_api.markets.policies import Level as Level
from jobbing_api.markets.policies import Policy as Policy
from jobbing_api.markets.policies import Tier as Tier
from jobbing_api.markets.policies import all_in_force as policies_in_force
from jobbing_api.markets.policies import applying as applying
from jobbing_api.markets.policies import default_rules as default_rules
from jobbing_api.markets.policies import in_force as policy_in_force
from jobbing_api.markets.policies import terms_in_force as terms_in_force
from jobbing_api.markets.policies import tier as tier
from jobbing_api.markets.policies import write_policy as write_policy
from jobbing_api.markets.quiet_hours import next_ring as next_ring
from jobbing_api.markets.quiet_hours import quiet as quiet
from jobbing_api.markets.quiet_hours import waking_deadline as waking_deadline
from jobbing_api.markets.templates import in_version as template_in_version
from jobbing_api.markets.templates import known as known_templates
from jobbing_api.markets.templates import tools as tools
from jobbing_api.markets.working_days import later as working_days_later

__all__ = [
    "CallOutFee",
    "Level",
    "Place",
    "Policy",
    "Tier",
    "all_categories",
    "all_markets",
    "applying",
    "briefs",
    "category_by_slug",
    "create_market",
    "default_rules",
    "known_templates",
    "load_places",
    "local_time",
    "market_at",
    "market_by_slug",
    "models",
    "nearest_places",
    "next_ring",
    "pictures",
    "places_within",
    "policies_in_force",
    "policy_in_force",
    "quiet",
    "search_places",
    "sync_categories",
    "template_in_version",
    "terms_in_force",
    "tier",
    "tools",
    "waking_deadline",
    "working_days_later",
    "write_policy",
]
