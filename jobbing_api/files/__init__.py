"""Photos and papers: what is kept of them, where, and how it goes again.

Hides: Pillow and what a stranger's file may do, fsspec and whether the bytes lie in a folder
or in a bucket, and the rows that lead to them. PostgreSQL is the only truth: an object no
row leads to is seen by nobody, and so is a row whose object is gone.

Bringing one is ``taken`` (no session; takes a while), ``announce``, ``write`` (no session),
``keep``. Rooms above say where it belongs by ``attach`` or ``replace`` and show ``of``.
"""

from jobbing_api.files.images import LONG_SIDE as LONG_SIDE
from jobbing_api.files.images import THUMBNAILS as THUMBNAILS
from jobbing_api.files.images import Size as Size
from jobbing_api.files.images import sides as sides
from jobbing_api.files.models import Photo as Photo
from jobbing_api.files.photos import JPEG as JPEG
from jobbing_api.files.photos import MOST as MOST
from jobbing_api.files.photos import MOST_UNATTACHED as MOST_UNATTACHED
from jobbing_api.files.photos import PDF as PDF
from jobbing_api.files.photos import UNATTACHED_FOR as UNATTACHED_FOR
from jobbing_api.files.photos import Owner as Owner
from jobbing_api.files.photos import Taken as Taken
from jobbing_api.files.photos import announce as announce
from jobbing_api.files.photos import attach as attach
from jobbing_api.files.photos import forget as forget
from jobbing_api.files.photos import get as get
from jobbing_api.files.photos import keep as keep
from jobbing_api.files.photos import let_go as let_go
from jobbing_api.files.photos import of as of
from jobbing_api.files.photos import own as own
from jobbing_api.files.photos import read as read
from jobbing_api.files.photos import replace as replace
from jobbing_api.files.photos import room_for_one_more as room_for_one_more
from jobbing_api.files.photos import shown_size as shown_size
from jobbing_api.files.photos import taken as taken
from jobbing_api.files.photos import write as write
from jobbing_api.files.store import connect as connect
from jobbing_api.files.store import trouble as trouble
from jobbing_api.files.tending import due_ids as due_ids
from jobbing_api.files.tending import sweep as sweep
from jobbing_api.files.tending import tend as tend

__all__ = [
    "JPEG",
    "LONG_SIDE",
    "MOST",
    "MOST_UNATTACHED",
    "PDF",
    "THUMBNAILS",
    "UNATTACHED_FOR",
    "Owner",
    "Photo",
    "Size",
    "Taken",
    "announce",
    "attach",
    "connect",
    "due_ids",
    "forget",
    "get",
    "keep",
    "let_go",
    "of",
    "own",
    "read",
    "replace",
    "room_for_one_more",
    "shown_size",
    "sides",
    "sweep",
    "taken",
    "tend",
    "trouble",
    "write",
]
