"""The main job, played through the running system as its people's phones would.

Hides: the walk itself, how its steps are timed and told, and what is drawn on the
terminal. Nothing here touches the database: all is asked over HTTP, so that whoever
reads the play has seen the system and not a puppet of it.
"""

from jobbing_api.play.client import Failed as Failed
from jobbing_api.play.telling import Words as Words
from jobbing_api.play.telling import failed as tell_failed
from jobbing_api.play.walk import WITHIN_S as WITHIN_S
from jobbing_api.play.walk import play as play

__all__ = ["WITHIN_S", "Failed", "Words", "play", "tell_failed"]
