"""Who should be asked: the exact ranking of providers for one request.

Hides: how few providers have to be read to know the best (a search index that triggers
keep equal to its sources), how they are scored (formulas weighed by a policy) and that
every search is recorded. Knows nothing of jobs or offers: a caller describes its
question as a ``Request``.
"""

from jobbing_api.matching import index as index
from jobbing_api.matching.candidates import FILTERS as FILTERS
from jobbing_api.matching.candidates import NEAR_MISSES as NEAR_MISSES
from jobbing_api.matching.candidates import Request as Request
from jobbing_api.matching.candidates import lacking as lacking
from jobbing_api.matching.candidates import overtaken as overtaken
from jobbing_api.matching.candidates import slot as slot
from jobbing_api.matching.counting import Able as Able
from jobbing_api.matching.counting import Crowd as Crowd
from jobbing_api.matching.counting import anybody as anybody
from jobbing_api.matching.counting import could_do as could_do
from jobbing_api.matching.ranking import Candidate as Candidate
from jobbing_api.matching.ranking import NearMiss as NearMiss
from jobbing_api.matching.ranking import Part as Part
from jobbing_api.matching.ranking import Ranking as Ranking
from jobbing_api.matching.ranking import could_take as could_take
from jobbing_api.matching.ranking import rank as rank
from jobbing_api.matching.ranking import record_unserved as record_unserved
from jobbing_api.matching.ranking import remember as remember
from jobbing_api.matching.search import install as install
from jobbing_api.matching.search import installed as installed
from jobbing_api.matching.standing import Standing as Standing
from jobbing_api.matching.standing import begin_missed as begin_missed
from jobbing_api.matching.standing import count_due as count_due
from jobbing_api.matching.standing import standing_of as standing_of
