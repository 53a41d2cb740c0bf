"""The floor: firebase-admin's own batch send in a bare loop, as its documentation has it.

``python -m benchmarks.push_floor COUNT`` sends so many pushes, and is run as a process of its
own beside the workers it is compared with. Nothing is read from a database, nothing is written
down, and nobody asks what became of whom.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import Any

import firebase_admin
from firebase_admin import credentials, messaging

from benchmarks import pushes
from jobbing_api import firebase

_BATCH = 500


def opened(url: str, account: str) -> Any:
    """firebase-admin, told where Google is. It trusts what SSL_CERT_FILE names."""
    app = firebase_admin.initialize_app(credentials.Certificate(account))
    service = messaging._get_messaging_service(app)
    service._fcm_url = f"{url}/v1/projects/{app.project_id}/messages:send"
    return app


async def send(count: int) -> None:
    """Send ``count`` pushes, one batch after the other."""
    for start in range(0, count, _BATCH):
        batch = [
            # The very bytes that the workers send.
            firebase._message(pushes.push(number), now_s=time.time())
            for number in range(start, min(start + _BATCH, count))
        ]
        response = await messaging.send_each_async(batch)
        if response.failure_count:
            raise SystemExit(f"{response.failure_count} of {len(batch)} were refused")


if __name__ == "__main__":
    opened(os.environ["PUSH_URL"], os.environ["FIREBASE_CREDENTIALS"])
    asyncio.run(send(int(sys.argv[1])))
