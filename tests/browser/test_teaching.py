"""The pages that teach, in a real Chromium: for everybody, and by what people do there."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from detectors import Batch, Record
from detectors.leak.canary_file import read_canaries
from detectors.leak.detector import LeakDetector
from streams.labels.label import each_vote
from streams.records import Evidence
from streams.rules.load import load_rules
from tests.browser.chromium import Browser, Scheme
from tests.browser.conftest import Site
from tests.browser.sample import leaked
from tests.browser.teaching import ATTACK, prepare, seen
from tests.support.console import batch
from tests.support.console_past import Given

pytestmark = pytest.mark.needs("chromium")

PAGES = {
    "traffic": "/traffic",
    "a signal": "/traffic/signal?deployment=support-bot&signal=hallucination.ungrounded",
    "review": "/review",
    "a queue": "/review/queue?queue=refusals",
    "rules": "/rules",
    "a rule": "/rules/rule?id=hallucination-rate",
    "canaries": "/canaries",
    "museum": "/museum",
}
each_page = pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
OPEN_ALL = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"


@pytest.fixture
def taught(site: Site, tmp_path: Path) -> Given:
    """A site with what these pages show, and what backtests read."""
    return prepare(site.room, tmp_path)


@each_page
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.usefixtures("taught")
def test_everybody_can_use_it(browser: Browser, site: Site, path: str, scheme: Scheme) -> None:
    browser.look(1280, scheme)
    browser.at(site.path(path))
    browser.driver.execute_script(OPEN_ALL)
    assert browser.violations() == []


@each_page
@pytest.mark.usefixtures("taught")
def test_it_is_read_at_360_pixels(browser: Browser, site: Site, path: str) -> None:
    browser.look(360)
    browser.at(site.path(path))
    browser.driver.execute_script(OPEN_ALL)
    assert browser.too_wide() == []


@each_page
@pytest.mark.usefixtures("taught")
def test_nothing_breaks_the_policy(browser: Browser, site: Site, path: str) -> None:
    browser.at(site.path(path))
    assert browser.console_log() == []


@pytest.mark.usefixtures("taught")
def test_ten_records_are_labelled_by_the_keyboard(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    path = tmp_path / "queues" / "refusals.queue.labels.jsonl"
    before = len(votes(path))
    browser.at(site.path("/review"))
    browser.click("refusals")
    for number in range(10):
        place = browser.one('[name="place"]').get_attribute("value")
        browser.press("y" if number % 2 else "n")
        browser.until(lambda place=place: left(browser, place), "another record")
    browser.shows("10 of them yours")
    mine = votes(path)[before:]
    assert [one.label for one in mine] == [0.0, 1.0] * 5
    assert {one.reviewer for one in mine} == {"dana"}


def left(browser: Browser, place: str | None) -> bool:
    found = browser.all('[name="place"]')
    return bool(found) and found[0].get_attribute("value") != place


def votes(path: Path) -> list[Any]:
    return each_vote(path.read_bytes().split(b"\n"))


@pytest.mark.usefixtures("taught")
def test_a_limit_is_changed_after_its_backtest(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    browser.at(site.path("/rules"))
    browser.click("Ungrounded answers")
    browser.one("#value").send_keys("0.5")
    browser.click("Try it")
    browser.shows("Adds 0 incidents, drops 1")
    browser.shows("hallucination-rate: rate_above 0.5, now 0.3")
    browser.click("Put it in the rules file")
    browser.shows("It is in the rules file")
    found = {one.id: one for one in load_rules(tmp_path / "rules.yaml").rules}
    assert found["hallucination-rate"].condition.threshold == 0.5
    assert (tmp_path / "rules.yaml").read_text().startswith("# ours")


@pytest.mark.usefixtures("taught")
def test_a_canary_is_minted_and_then_caught(browser: Browser, site: Site, tmp_path: Path) -> None:
    browser.at(site.path("/canaries"))
    Select(browser.one("#kind")).select_by_visible_text("document")
    browser.one("#where").send_keys("handbook, page 7")
    browser.click("Make it")
    browser.shows("is made, for handbook, page 7")
    planted = browser.one("#t-plant").text
    register = tmp_path / "canaries.jsonl"
    one = read_canaries(register.read_bytes())[-1]
    assert planted.endswith(one.token)
    detector = LeakDetector(canaries=str(register))
    detector.load()
    said = Record(record_id="r", output=f"The page says: {planted}", event_time=time.time())
    scores = detector.score(Batch([said]))[0]
    assert scores.scores["leak.canary"] > 0.5
    browser.at(site.path("/canaries"))
    assert one.token not in browser.driver.page_source
    now = time.time()
    caught = leaked(now)
    site.room.put(
        msgspec.structs.replace(
            caught,
            id="inc-canary",
            page_key="inc-canary",
            title="A canary of handbook, page 7 in an answer of code-helper",
            rules=[msgspec.structs.replace(caught.rules[0], signal="leak.canary")],
        )
    )
    browser.at(site.path("/canaries"))
    browser.shows("A canary of handbook, page 7")


def test_a_false_alarm_moves_the_proposed_limit(
    browser: Browser, site: Site, taught: Given
) -> None:
    fresh = seen(site.room.now())
    high = [
        (batch, row)
        for batch in fresh
        for row in batch.rows
        if batch.deployment == "travel-bot" and 0.5 < row.scores.get("refusal.full", 0) < 0.75
    ]
    assert len(high) > 10
    taught.messages = [
        msgspec.json.encode(
            {
                "feedback_id": f"f{number}",
                "kind": "label",
                "record_id": row.record_id,
                "signal": "refusal.full",
                "value": float(row.scores.get("refusal.full", 0) > 0.5),
                "user": "ada",
            }
        )
        for number, (batch, row) in enumerate(
            (batch, row)
            for batch in fresh
            for row in batch.rows
            if batch.deployment == "travel-bot"
        )
        if row not in [one for _, one in high]
    ]
    for path in (Path(site.room.settings.state_dir) / "queues").glob("*"):
        path.unlink()
    one = msgspec.structs.replace(
        leaked(site.room.now()),
        id="inc-wrong",
        page_key="inc-wrong",
        acts=[],
        group={"deployment": "travel-bot"},
        title="Refusals that are none",
        evidence=[
            Evidence(
                topic=batch.topic,
                partition=batch.partition,
                offset=row.offset,
                record_id=row.record_id,
                event_time=row.event_time,
                signal="refusal.full",
                score=row.scores["refusal.full"],
            )
            for batch, row in high
        ],
        started_by=None,
    )
    site.room.put(one)
    before = proposed(browser, site)
    browser.at(site.path("/incident/inc-wrong"))
    browser.shows("last changed at")
    browser.click("False alarm")
    Select(browser.one("#false-reason")).select_by_value("detector_wrong")
    browser.click("It was a false alarm")
    browser.shows("false alarm")
    browser.until(
        lambda: site.room.incident("inc-wrong").state == "false_alarm", "the act in the store"
    )
    assert proposed(browser, site) > before


def proposed(browser: Browser, site: Site) -> float:
    browser.at(site.path("/rules"))
    browser.click("Propose limits")
    browser.shows("refusal.full in travel-bot")
    return float(browser.one(".proposed").text)


@pytest.mark.usefixtures("taught")
def test_an_attack_is_kept_and_revoked(browser: Browser, site: Site, tmp_path: Path) -> None:
    browser.at(site.path("/museum"))
    browser.click("See how it would be kept")
    browser.shows("an assistant without rules")
    browser.click("It is an attack: keep it")
    browser.shows("is kept.")
    assert ATTACK.encode() in (tmp_path / "museum.jsonl").read_bytes()
    opened = browser.driver.find_element(By.XPATH, "//summary[contains(., 'Forget what')]")
    opened.click()
    opened.find_element(By.XPATH, "..//button").click()
    browser.shows("is looked for no more.")


@pytest.mark.usefixtures("taught")
def test_the_heat_table_leads_to_samples(browser: Browser, site: Site) -> None:
    browser.at(site.path("/traffic"))
    browser.shows("Live")
    cell = browser.until(lambda: browser.one("td.h5 a").get_attribute("href"), "a hot cell")
    browser.at(cell)
    browser.shows("hallucination.ungrounded in support-bot")
    browser.shows("Records near the limit")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", ["A" * 500, "word " * 100])
def test_a_long_name_takes_no_page(browser: Browser, site: Site, width: int, name: str) -> None:
    long = msgspec.structs.replace(
        leaked(time.time()), id="inc-long", page_key="inc-long", title=f"A secret in {name}"
    )
    site.room.put(long, batch(0.9, deployment=name, at=time.time() - 120))
    browser.look(width)
    browser.at(site.path("/traffic"))
    high, wide = browser.driver.execute_script(
        "const one = document.querySelector('tr[data-key^=\"' + arguments[0] + '\"] .stays')"
        ".getBoundingClientRect(); return [one.height, one.width]",
        name[:4],
    )
    assert high < 140
    assert wide < width / 2
    assert f'title="{name.strip()}' in browser.driver.page_source
    browser.at(site.path("/"))
    of_title = "document.querySelector('[data-key=\"inc-long\"] .title').offsetHeight"
    assert 0 < browser.driver.execute_script(f"return {of_title}") < 120
    assert browser.too_wide() == []
