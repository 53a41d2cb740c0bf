"""Asking providers: waves, answers, quotes, the one acceptance, dropping out.

Hides: how a wave is filled and staggered, the statement that lets one acceptance
through, what is taken back when asking ends, and what each reader may see of it.
"""

from jobbing_api.offers.acceptance import accept as accept
from jobbing_api.offers.acceptance import choose as choose
from jobbing_api.offers.answers import Said as Said
from jobbing_api.offers.answers import answer_counter as answer_counter
from jobbing_api.offers.answers import counter as counter
from jobbing_api.offers.answers import decline as decline
from jobbing_api.offers.answers import quote as quote
from jobbing_api.offers.answers import seen as seen
from jobbing_api.offers.asking import send_due as send_due
from jobbing_api.offers.endings import cancel as cancel
from jobbing_api.offers.endings import dispatch as dispatch
from jobbing_api.offers.endings import drop_out as drop_out
from jobbing_api.offers.endings import expire_due as expire_due
from jobbing_api.offers.endings import leave as leave
from jobbing_api.offers.endings import no_show as no_show
from jobbing_api.offers.endings import part as part
from jobbing_api.offers.endings import undo as undo
from jobbing_api.offers.estimating import AREAS as AREAS
from jobbing_api.offers.estimating import BASES as BASES
from jobbing_api.offers.estimating import Estimate as Estimate
from jobbing_api.offers.estimating import Price as Price
from jobbing_api.offers.estimating import Wait as Wait
from jobbing_api.offers.estimating import estimate as estimate
from jobbing_api.offers.messages import Conversation as Conversation
from jobbing_api.offers.messages import Written as Written
from jobbing_api.offers.messages import conversation as conversation
from jobbing_api.offers.messages import mark_messages_read as mark_messages_read
from jobbing_api.offers.messages import masked as masked
from jobbing_api.offers.messages import read_messages as read_messages
from jobbing_api.offers.messages import write_message as write_message
from jobbing_api.offers.pricing import QUOTED_KINDS as QUOTED_KINDS
from jobbing_api.offers.reading import Asked as Asked
from jobbing_api.offers.reading import OpenJob as OpenJob
from jobbing_api.offers.reading import asked as asked
from jobbing_api.offers.reading import candidates as candidates
from jobbing_api.offers.reading import counts as counts
from jobbing_api.offers.reading import explain as explain
from jobbing_api.offers.reading import get_for as get_for
from jobbing_api.offers.reading import list_for as list_for
from jobbing_api.offers.reading import offers_of_job as offers_of_job
from jobbing_api.offers.reading import open_jobs as open_jobs
from jobbing_api.offers.remedies import COUNTED_AT_MOST as COUNTED_AT_MOST
from jobbing_api.offers.remedies import REMEDIES as REMEDIES
from jobbing_api.offers.remedies import Remedy as Remedy
from jobbing_api.offers.remedies import remedies_of as remedies_of
from jobbing_api.offers.standing_by import miss as miss
from jobbing_api.offers.standing_by import stand_by as stand_by
from jobbing_api.offers.standing_by import warm as warm
from jobbing_api.offers.tally import Tally as Tally
from jobbing_api.offers.tally import tally as tally
from jobbing_api.offers.waiting import WAIT_LIST as WAIT_LIST
from jobbing_api.offers.waiting import latest_start as latest_start
from jobbing_api.offers.waiting import leave_wait_list as leave_wait_list
from jobbing_api.offers.waiting import look_for_waiting as look_for_waiting
from jobbing_api.offers.waiting import stop_waiting as stop_waiting
from jobbing_api.offers.waiting import wait as wait
from jobbing_api.offers.waiting import waits as waits
from jobbing_api.offers.waves import due_waves as due_waves
from jobbing_api.offers.waves import give_up as give_up
from jobbing_api.offers.waves import next_due_at as next_due_at
from jobbing_api.offers.waves import open_wave as open_wave
