"""Stories played through the running system as its people's phones would.

Hides: the stories themselves, how their steps are timed and told, and what is drawn on
the terminal. Nothing here touches the database: all is asked over HTTP, so that whoever
reads the play has seen the system and not a puppet of it.
"""

from jobbing_api.play.client import Failed as Failed
from jobbing_api.play.stories import STORIES as STORIES
from jobbing_api.play.stories import play as play
from jobbing_api.play.telling.page import Words as Words
from jobbing_api.play.telling.page import failed as tell_failed

__all__ = ["STORIES", "Failed", "Words", "play", "tell_failed"]
