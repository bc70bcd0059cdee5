"""The demo in a real Chromium: its traffic opens incidents, and a person deals with one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.chromium import Browser
from tests.streams.cli.test_demo import PATIENT
from tests.support.kafka_broker import free_ports

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.needs("embedded"),
    pytest.mark.timeout(900),
]

# By the default rules, so that it lasts for minutes.
STORY = ("--story", "one-dollar-car")

_PATIENCE_S = 240.0


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """The address of a demo's console."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OUTWATCH_")}
    web, console = free_ports(2)
    given = {
        "OUTWATCH_WEB_PORT": str(web),
        "OUTWATCH_CONSOLE_PORT": str(console),
        "TMPDIR": str(folder),
    }
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", PATIENT, "demo", *STORY, "--plain", "--speed", "4"],
        env=inherited | given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = process.stdout
    try:
        address = ""
        for line in lines:
            found = re.match(r"console: (http://\S+)", line)
            address = found[1] if found else address
            if "traffic starts" in line:
                break
        assert address, "the demo names no console"
        # Whoever reads no further would stop it.
        rest = threading.Thread(target=lambda: [None for _ in lines])
        rest.start()
        try:
            yield address
        finally:
            process.terminate()
            rest.join(240)
    finally:
        process.terminate()
        process.wait(timeout=240)
        lines.close()


def test_a_live_incident_is_acknowledged_contained_resolved_and_written_up(
    browser: Browser, tmp_path: Path
) -> None:
    with demo(tmp_path) as address:
        browser.patience_s = _PATIENCE_S
        browser.at(address)
        # By itself: nobody loads the page again.
        browser.until(lambda: browser.all("[data-acknowledge]"), "an incident")
        title = browser.until(lambda: browser.one(".title[href]").text, "its title")
        browser.press("ja")
        browser.shows("acknowledged it.")
        line = browser.one("#t-show").text
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (done.returncode, done.stderr) == (0, ""), "a line to copy works as it stands"
        assert "acknowledged" in done.stdout
        browser.click("Contain")
        browser.write("#contain-text", "the bot is off")
        browser.click("It can hurt nobody any more")
        browser.shows("contained it (by statement, not probed): the bot is off.")
        browser.click("Resolve")
        browser.write("#resolve-text", "the version before is back")
        browser.click("It is over")
        browser.shows("resolved it: the version before is back.")
        browser.click("Post-mortem")
        browser.shows("How long it took")
        assert title.split(":")[0] in browser.text()
        assert browser.console_log() == []
