"""The console in a real Chromium: live, by the keyboard, for everybody, and without complaint."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from selenium.webdriver.common.keys import Keys

from streams.console.feed import Standing
from tests.browser.chromium import Browser, Scheme
from tests.browser.conftest import Site
from tests.browser.sample import leaked, ungrounded

pytestmark = pytest.mark.needs("chromium")

ID = ungrounded(0).id
PAGES = {
    "now": "/",
    "incident": f"/incident/{ID}",
    "incident for legal": f"/incident/{leaked(0).id}?for=legal",
    "search": "/search?q=talk-400",
    "nothing found": "/search?q=nothing",
    "contain": f"/contain/{ID}",
    "post-mortem": f"/postmortem/{ID}",
    "no such page": "/nowhere",
}
each_page = pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)


@each_page
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(browser: Browser, site: Site, path: str, scheme: Scheme) -> None:
    browser.look(1280, scheme)
    browser.at(site.path(path))
    browser.driver.execute_script(
        "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
    )
    assert browser.violations() == []


@each_page
def test_it_is_read_at_360_pixels(browser: Browser, site: Site, path: str) -> None:
    browser.look(360)
    browser.at(site.path(path))
    browser.driver.execute_script(
        "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
    )
    assert browser.too_wide() == []


@each_page
def test_nothing_breaks_the_policy(browser: Browser, site: Site, path: str) -> None:
    browser.at(site.path(path))
    found = [one for one in browser.console_log() if "404 (Not Found)" not in one]
    assert found == []


def test_what_opens_is_seen_at_once(browser: Browser, site: Site) -> None:
    browser.at(site.path("/"))
    browser.shows("3 open")
    new = msgspec.structs.replace(
        leaked(time.time()), id="inc-new", page_key="inc-new", title="Something new"
    )
    site.room.put(new)
    browser.shows("4 open")
    browser.shows("Something new")


def test_the_focus_is_kept_over_an_update(browser: Browser, site: Site) -> None:
    browser.at(site.path("/"))
    browser.shows("Live")
    browser.press("jj")
    title = browser.focused()
    site.room.put(
        msgspec.structs.replace(leaked(time.time()), id="inc-0", page_key="inc-0", title="Above it")
    )
    browser.shows("Above it")
    assert browser.focused() == title
    assert "support-bot" in title


def test_what_somebody_writes_is_kept_over_an_update(browser: Browser, site: Site) -> None:
    browser.at(site.path(f"/incident/{ID}"))
    browser.shows("Live")
    browser.click("Note")
    field = browser.one("#note-text")
    field.send_keys("half a senten")
    site.room.put(msgspec.structs.replace(ungrounded(time.time()), revision=7, title="It grew"))
    browser.shows("It grew")
    assert field.get_attribute("value") == "half a senten"


def test_an_incident_is_acknowledged_by_the_keyboard(browser: Browser, site: Site) -> None:
    browser.at(site.path("/"))
    browser.shows("Live")
    browser.press("jja")
    browser.shows("dana acknowledged it.")
    assert site.room.incident(ID).state == "acknowledged"
    assert len(site.room.acts) == 1


def test_keys_are_shown_and_hidden(browser: Browser, site: Site) -> None:
    browser.at(site.path("/"))
    browser.press("?")
    browser.until(lambda: browser.one("#keys").is_displayed(), "the keys")
    browser.press("?")
    browser.until(lambda: not browser.one("#keys").is_displayed(), "no keys")
    browser.press("/")
    browser.until(lambda: "/search" in browser.driver.current_url, "the search")
    browser.write("#q", "ja?")
    assert browser.one("#q").get_attribute("value") == "ja?"
    assert site.room.acts == []


def test_an_incident_is_contained_resolved_and_written_up(browser: Browser, tmp_path: Path) -> None:
    from tests.browser.sample import fill
    from tests.browser.served import served
    from tests.streams.console.pages.test_contain import ACTIONS

    (tmp_path / "actions.yaml").write_text(ACTIONS)
    with served(tmp_path, actions=str(tmp_path / "actions.yaml")) as (room, address):
        fill(room, time.time())
        browser.at(f"{address}/contain/{ID}")
        browser.write("#why-1", "it makes things up")
        browser.click("Show what it would send")
        browser.shows("Nothing was sent.")
        browser.shows("why: it makes things up")
        assert [one.doing for one in room.wishes] == ["show"]
        browser.click("Do it")
        browser.shows("bot-off: it is contained.")
        browser.click("Resolve")
        browser.write("#resolve-text", "went back to the version before")
        browser.click("It is over")
        browser.shows("dana resolved it: went back to the version before.")
        browser.click("Post-mortem")
        browser.shows("Download as Markdown")
        browser.shows("hallucination-rate")


def test_a_stale_button_is_refused_with_what_changed(browser: Browser, site: Site) -> None:
    browser.at(site.path(f"/incident/{ID}"))
    browser.driver.execute_script("window.stop()")
    browser.click("Resolve")
    browser.write("#resolve-text", "over")
    one = site.room.incident(ID)
    from streams.incidents.acts import drawn_up

    site.room.send(drawn_up(one, "resolve", "other", "bo", time.time(), text="mended"), 0)
    browser.click("It is over")
    browser.shows("bo resolved it")
    assert [act.actor for act in site.room.acts] == ["bo"]


def test_kafka_away_is_told_to_who_looks(browser: Browser, site: Site) -> None:
    from streams.console.store import tell

    browser.at(site.path("/"))
    browser.shows("Live")
    site.room.standing = Standing(away_since=time.time() - 90, why="no Kafka answers")
    with site.room.store.writing() as connection:
        tell(connection, "health")
    site.room.hub.wake()
    browser.shows("Kafka hasn't answered since")
    browser.until(lambda: not browser.all("[data-acknowledge]"), "no button to act")
    browser.shows("A secret in an answer")


def test_all_works_without_javascript(browser: Browser, site: Site) -> None:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.at(site.path("/"))
        browser.one(".title[href]").click()
        browser.one("[data-acknowledge]").click()
        assert browser.one(".done").text == "dana acknowledged it."
        browser.one("#f-note summary").click()
        browser.one("#note-text").send_keys("looking", Keys.TAB, Keys.ENTER)
        assert browser.one(".done").text == "dana noted: looking."
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert [act.kind for act in site.room.acts] == ["acknowledge", "note"]


def test_text_of_a_model_does_nothing(browser: Browser, site: Site) -> None:
    hostile: dict[str, Any] = {
        "title": "<script>document.title='owned'</script><img src=x onerror=document.title='owned'>",
        "summary": "\u202eevil\u2066 ‏ <svg onload=document.title='owned'>",
    }
    site.room.put(msgspec.structs.replace(ungrounded(time.time()), revision=9, **hostile))
    for path in ("/", f"/incident/{ID}", f"/postmortem/{ID}"):
        browser.at(site.path(path))
        assert "owned" not in browser.driver.title.split("·")[-1]
        assert browser.driver.execute_script("return document.querySelectorAll('img').length") == 1
        assert browser.console_log() == []
