"""Write the contract's document where the test finds it, after a change that is meant.

``python -m tests.api.write_contract``; needs no servers.
"""

from __future__ import annotations

import json
from pathlib import Path

from jobbing_api import settings
from jobbing_api.app import create_app

_NOWHERE = {
    "JOBBING_ENV": "development",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "SECRET_KEY": "development-secret-that-opens-nothing",
    "PUSH": "local",
    "PUSH_URL": "https://127.0.0.1:9",
    "FIREBASE_CREDENTIALS": "none.json",
}


def main() -> None:
    app = create_app(settings.from_environment(_NOWHERE))
    document = app.test_client().get("/api/openapi.json").get_json()
    text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True)
    Path(__file__).with_name("openapi.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
