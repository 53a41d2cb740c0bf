"""What we hold about a person, and how we let go of it.

The only room that may look into all others. Hides: which tables speak of a person, in
which of them other people are named too, and what stays, saying to nobody who it was,
so that what happened remains countable.
"""

from jobbing_api.privacy.erasure import erase as erase
from jobbing_api.privacy.export import export as export
from jobbing_api.privacy.retention import forget_old_papers as forget_old_papers
from jobbing_api.privacy.retention import forget_old_photos as forget_old_photos

__all__ = ["erase", "export", "forget_old_papers", "forget_old_photos"]
