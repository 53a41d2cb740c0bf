"""A resident's job from brief to review.

Hides: what a sensible window, budget and mode are, the guarded statement that moves a
job, who sees what of it, and when reviews are revealed. Asking providers is the next
room's (``offers``): a posted job only asks for its first wave.
"""

from jobbing_api.jobs.moves import illegal as illegal
from jobbing_api.jobs.moves import lock as lock
from jobbing_api.jobs.moves import move as move
from jobbing_api.jobs.posting import Brief as Brief
from jobbing_api.jobs.posting import ask_for_wave as ask_for_wave
from jobbing_api.jobs.posting import check_terms as check_terms
from jobbing_api.jobs.posting import check_window as check_window
from jobbing_api.jobs.posting import give_up_at as give_up_at
from jobbing_api.jobs.posting import post as post
from jobbing_api.jobs.reading import View as View
from jobbing_api.jobs.reading import edit as edit
from jobbing_api.jobs.reading import get_for as get_for
from jobbing_api.jobs.reading import list_for as list_for
from jobbing_api.jobs.reading import remove_photo as remove_photo
from jobbing_api.jobs.reviews import review as review
from jobbing_api.jobs.reviews import reviews_of_job as reviews_of_job
from jobbing_api.jobs.reviews import reviews_of_provider as reviews_of_provider
from jobbing_api.jobs.visits import confirm as confirm
from jobbing_api.jobs.visits import dispute as dispute
from jobbing_api.jobs.visits import finish as finish
from jobbing_api.jobs.visits import on_my_way as on_my_way
from jobbing_api.jobs.visits import redo as redo
from jobbing_api.jobs.visits import start as start
from jobbing_api.jobs.visits import tell as tell
