"""A resident's job from brief to review.

Hides: what a sensible window, budget and mode are, the guarded statement that moves a
job, who sees what of it, and when reviews are revealed. Asking providers is the next
room's (``offers``): a posted job only asks for its first wave.
"""

from jobbing_api.jobs.appointments import ABSENT as ABSENT
from jobbing_api.jobs.appointments import BACKUP as BACKUP
from jobbing_api.jobs.appointments import CONFIRM as CONFIRM
from jobbing_api.jobs.appointments import LATE as LATE
from jobbing_api.jobs.appointments import Arrival as Arrival
from jobbing_api.jobs.appointments import Standing as Standing
from jobbing_api.jobs.appointments import agree as agree
from jobbing_api.jobs.appointments import answer_move as answer_move
from jobbing_api.jobs.appointments import arrival as arrival
from jobbing_api.jobs.appointments import ask_to_confirm as ask_to_confirm
from jobbing_api.jobs.appointments import ask_to_move as ask_to_move
from jobbing_api.jobs.appointments import confirm_visit as confirm_visit
from jobbing_api.jobs.appointments import costs_now as costs_now
from jobbing_api.jobs.appointments import end_visit as end_visit
from jobbing_api.jobs.appointments import is_confirmed as is_confirmed
from jobbing_api.jobs.appointments import is_under_way as is_under_way
from jobbing_api.jobs.appointments import set_out as set_out
from jobbing_api.jobs.appointments import standing as standing
from jobbing_api.jobs.appointments import tell_late as tell_late
from jobbing_api.jobs.calling_off import NOTHING as NOTHING
from jobbing_api.jobs.calling_off import Costs as Costs
from jobbing_api.jobs.calling_off import not_there as not_there
from jobbing_api.jobs.moves import illegal as illegal
from jobbing_api.jobs.moves import lock as lock
from jobbing_api.jobs.moves import move as move
from jobbing_api.jobs.orders import METHODS as METHODS
from jobbing_api.jobs.orders import Bill as Bill
from jobbing_api.jobs.orders import agree_paid as agree_paid
from jobbing_api.jobs.orders import answer_change as answer_change
from jobbing_api.jobs.orders import ask_to_change as ask_to_change
from jobbing_api.jobs.orders import bill_of as bill_of
from jobbing_api.jobs.orders import owed_cents as owed_cents
from jobbing_api.jobs.orders import say_paid as say_paid
from jobbing_api.jobs.posting import Brief as Brief
from jobbing_api.jobs.posting import ask_for_wave as ask_for_wave
from jobbing_api.jobs.posting import check_terms as check_terms
from jobbing_api.jobs.posting import check_window as check_window
from jobbing_api.jobs.posting import give_up_at as give_up_at
from jobbing_api.jobs.posting import post as post
from jobbing_api.jobs.progress import CHECK_IN as CHECK_IN
from jobbing_api.jobs.progress import REDO_AGREE as REDO_AGREE
from jobbing_api.jobs.progress import REDO_DONE as REDO_DONE
from jobbing_api.jobs.progress import REMIND as REMIND
from jobbing_api.jobs.progress import SILENT_YES as SILENT_YES
from jobbing_api.jobs.progress import STALLED as STALLED
from jobbing_api.jobs.progress import Progress as Progress
from jobbing_api.jobs.progress import ask_for_word as ask_for_word
from jobbing_api.jobs.progress import ask_what_blocks as ask_what_blocks
from jobbing_api.jobs.progress import check_in as check_in
from jobbing_api.jobs.progress import confirm_by_silence as confirm_by_silence
from jobbing_api.jobs.progress import progress_of as progress_of
from jobbing_api.jobs.progress import remind as remind
from jobbing_api.jobs.progress import set_redo_date as set_redo_date
from jobbing_api.jobs.progress import sign_of_life as sign_of_life
from jobbing_api.jobs.progress import tell_of_redo as tell_of_redo
from jobbing_api.jobs.reading import View as View
from jobbing_api.jobs.reading import edit as edit
from jobbing_api.jobs.reading import get_for as get_for
from jobbing_api.jobs.reading import list_for as list_for
from jobbing_api.jobs.reading import remove_photo as remove_photo
from jobbing_api.jobs.reviews import review as review
from jobbing_api.jobs.reviews import reviews_of_job as reviews_of_job
from jobbing_api.jobs.reviews import reviews_of_provider as reviews_of_provider
from jobbing_api.jobs.rules import policy_of as policy_of
from jobbing_api.jobs.telling import tell as tell
from jobbing_api.jobs.work import confirm as confirm
from jobbing_api.jobs.work import dispute as dispute
from jobbing_api.jobs.work import finish as finish
from jobbing_api.jobs.work import redo as redo
from jobbing_api.jobs.work import start as start
