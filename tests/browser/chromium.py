"""Chromium through selenium, with what these tests ask of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

T = TypeVar("T")

AXE = Path(__file__).parent / "axe" / "axe.min.js"
Scheme = Literal["light", "dark"]
_PATIENCE_S = 20.0


class Browser:
    """A browser: `at` a page, its size and its colours, and what stands there, waited for
    `patience_s` seconds."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        self.patience_s = _PATIENCE_S

    def look(self, width: int, scheme: Scheme = "light", height: int = 900) -> None:
        """Sets the size of the window and the preferred colours."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )

    def at(self, address: str) -> None:
        """Loads a page."""
        self.driver.get(address)

    def all(self, selector: str) -> list[WebElement]:
        """What a selector finds."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """What a selector finds first, waited for."""
        return self.until(lambda: next(iter(self.all(selector)), None), selector)

    def click(self, text: str) -> None:
        """Clicks the button, link or summary with a text that is shown."""
        self.until(lambda: self._clicked(text), f"something to click: {text}")

    def _clicked(self, text: str) -> bool:
        for one in self.all("button, a, summary"):
            if one.is_displayed() and one.text.split("\n")[0] == text:
                one.click()
                return True
        return False

    def write(self, selector: str, text: str) -> None:
        """Types into a field, once it is there: what isn't begun may be renewed meanwhile."""

        def written() -> bool:
            field = self.one(selector)
            if not field.get_attribute("value"):
                field.send_keys(text)
            return field.get_attribute("value") == text

        self.until(written, f"a field to write into: {selector}")

    def text(self) -> str:
        """What the page shows."""
        return str(self.driver.execute_script("return document.body.innerText"))

    def shows(self, text: str) -> None:
        """Waits until the page shows a text."""
        self.until(lambda: text in self.text(), f"the text {text!r}")

    def press(self, keys: str) -> None:
        """Types, wherever the focus is."""
        webdriver.ActionChains(self.driver).send_keys(keys).perform()

    def focused(self) -> str:
        """The text of what has the focus."""
        return str(self.driver.execute_script("return document.activeElement.innerText"))

    def until(self, true: Callable[[], T | None], what: str) -> T:
        """What is found, once it is there."""
        end = time.monotonic() + self.patience_s
        while True:
            try:
                found = true()
            except StaleElementReferenceException:
                found = None
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"there isn't {what} on the page:\n{self.text()}")
            time.sleep(0.05)

    def violations(self) -> list[str]:
        """What axe-core finds wrong with the page, a line each."""
        self.driver.execute_script(AXE.read_text("utf-8"))
        found: dict[str, Any] = self.driver.execute_async_script(
            "axe.run(document).then(arguments[arguments.length - 1])"
        )
        return [
            f"{rule['id']}: {rule['help']}: {node['target']} {node['failureSummary']}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    def too_wide(self) -> list[str]:
        """What reaches beyond the window's right edge, where the page can be moved there."""
        found: list[str] = self.driver.execute_script(
            "const wide = document.documentElement.clientWidth;"
            "if (document.documentElement.scrollWidth <= wide) return [];"
            "return Array.from(document.querySelectorAll('body *'))"
            ".filter((one) => one.getBoundingClientRect().right > wide + 1)"
            ".map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 40)}`)"
        )
        return found

    def console_log(self) -> list[str]:
        """What the browser complained of since it was asked last, such as a broken policy."""
        entries: list[dict[str, Any]] = self.driver.get_log("browser")
        return [entry["message"] for entry in entries if entry["level"] != "DEBUG"]

    def picture(self, path: Path, height: int | None = None) -> None:
        """The page as a PNG, whole or its first so many pixels."""
        size = self.driver.execute_script(
            "return [document.documentElement.clientWidth, document.documentElement.scrollHeight]"
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {
                "width": size[0],
                "height": min(size[1], height or size[1]),
                "deviceScaleFactor": 1,
                "mobile": False,
            },
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        assert self.driver.save_screenshot(str(path))


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
        "--disable-background-networking",
        "--no-first-run",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService("/usr/bin/chromedriver")
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_script_timeout(60)
    try:
        yield Browser(driver)
    finally:
        driver.quit()
