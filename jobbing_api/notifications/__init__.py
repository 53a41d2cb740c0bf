"""Getting word to people: what is owed, to which devices, in which words, and whether
it arrived.

Hides: the outbox (rows first, tasks second), leases and retries, Firebase's message
format, and which addresses are still good. Knows nothing of what an offer or a job is
beyond its id.
"""

from jobbing_api.notifications.delivery import CLOCKS_DIFFER as CLOCKS_DIFFER
from jobbing_api.notifications.delivery import Told as Told
from jobbing_api.notifications.delivery import deliver as deliver
from jobbing_api.notifications.devices import delete_device as delete_device
from jobbing_api.notifications.devices import drop_stale as drop_stale
from jobbing_api.notifications.devices import of_account as devices_of
from jobbing_api.notifications.devices import put_device as put_device
from jobbing_api.notifications.devices import unbind as unbind
from jobbing_api.notifications.fallback import Unreached as Unreached
from jobbing_api.notifications.fallback import count_unreached as count_unreached
from jobbing_api.notifications.fallback import unreached as unreached
from jobbing_api.notifications.outbox import due_ids as due_ids
from jobbing_api.notifications.outbox import give_back as give_back
from jobbing_api.notifications.outbox import next_due_at as next_due_at
from jobbing_api.notifications.outbox import reschedule as reschedule
from jobbing_api.notifications.outbox import rung_at as rung_at
from jobbing_api.notifications.outbox import tell as tell
from jobbing_api.notifications.outbox import withdraw as withdraw
from jobbing_api.notifications.preferences import Wishes as Wishes
from jobbing_api.notifications.preferences import awake_at_night as awake_at_night
from jobbing_api.notifications.preferences import put as put_wishes
from jobbing_api.notifications.preferences import wishes_of as wishes_of

__all__ = [
    "CLOCKS_DIFFER",
    "Told",
    "Unreached",
    "Wishes",
    "awake_at_night",
    "count_unreached",
    "delete_device",
    "deliver",
    "devices_of",
    "drop_stale",
    "due_ids",
    "give_back",
    "next_due_at",
    "put_device",
    "put_wishes",
    "reschedule",
    "rung_at",
    "tell",
    "unbind",
    "unreached",
    "wishes_of",
    "withdraw",
]
