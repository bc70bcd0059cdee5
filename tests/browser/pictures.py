"""Makes the pictures of the documentation: `python -m tests.browser.pictures`, from the root."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.browser.chromium import Browser, Scheme, chromium
from tests.browser.sample import fill, ungrounded
from tests.browser.served import served

FOLDER = Path("docs/pictures")
PICTURES: dict[str, tuple[str, int | None]] = {
    "now": ("/", None),
    "incident": (f"/incident/{ungrounded(0).id}", 1_460),
}
"""By name: the path, and how much of the page is shown."""

SIZES: dict[str, tuple[int, Scheme]] = {
    "1280": (1280, "light"),
    "1280-dark": (1280, "dark"),
    "360": (360, "light"),
    "360-dark": (360, "dark"),
}


def main(only: list[str]) -> None:
    """Takes all of them, or those named."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (room, address):
        fill(room, time.time())
        with chromium() as browser:
            for name, (path, height) in PICTURES.items():
                if not only or name in only:
                    _take(browser, name, address + path, height)


def _take(browser: Browser, name: str, address: str, height: int | None) -> None:
    for size, (width, scheme) in SIZES.items():
        browser.look(width, scheme)
        browser.at(address)
        browser.shows("Live")
        browser.picture(FOLDER / f"{name}-{size}.png", height)


if __name__ == "__main__":
    main(sys.argv[1:])
