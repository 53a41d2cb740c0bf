"""The rival: a task for each offer, and one send in each, the way the documentation of the
queue and of firebase-admin show it. Run by the queue's own ``rq worker``."""

from __future__ import annotations

import os

from firebase_admin import messaging

from benchmarks import push_floor, pushes
from jobbing_api import firebase


def send(number: int) -> str:
    """Send one push. Each task runs in a process of its own, which has to sign in first."""
    push_floor.opened(os.environ["PUSH_URL"], os.environ["FIREBASE_CREDENTIALS"])
    message = firebase._message(pushes.push(number), now_s=0.0)
    return str(messaging.send(message))
