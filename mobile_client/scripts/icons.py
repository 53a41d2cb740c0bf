"""Draws the icons of the stores' shells from ``public/icons/icon.svg``, in a real browser.

``.venv/bin/python mobile_client/scripts/icons.py``, after the mark has changed; what it draws is
kept in git. Android's newer launchers take the vector beside them, which is the same mark.
"""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import sync_playwright

_CLIENT = Path(__file__).parent.parent
_ANDROID = _CLIENT / "android/app/src/main/res"
_IOS = _CLIENT / "ios/App/App/Assets.xcassets/AppIcon.appiconset/AppIcon-512@2x.png"
_DENSITIES = {"mdpi": 48, "hdpi": 72, "xhdpi": 96, "xxhdpi": 144, "xxxhdpi": 192}


def main() -> None:
    """Draw them all."""
    mark = (_CLIENT / "public/icons/icon.svg").read_text("utf-8")
    # Apple rounds the corners itself, and takes nothing one can see through.
    square, round_ = (re.sub(r' rx="\d+"', f' rx="{rx}"', mark, count=1) for rx in (0, 256))
    wanted = [(square, 1024, _IOS)]
    for density, size in _DENSITIES.items():
        wanted.append((mark, size, _ANDROID / f"mipmap-{density}/ic_launcher.png"))
        wanted.append((round_, size, _ANDROID / f"mipmap-{density}/ic_launcher_round.png"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_page()
        for drawing, size, file in wanted:
            page.set_viewport_size({"width": size, "height": size})
            page.set_content(f"<style>*{{margin:0;display:block}}</style>{drawing}")
            page.screenshot(path=file, omit_background=file is not _IOS)
        browser.close()


if __name__ == "__main__":
    main()
