"""What the documentation says is so: its commands run, its links lead somewhere."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest

from tests.docs.blocks import blocks
from tests.docs.page import Page
from tests.support.kafka_broker import ROOT, Broker, free_ports

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_KAFKA = re.compile(
    r"localhost:9092|outwatch (--config \S+ )?"
    r"(worker|console(?! --)|pager(?! --)|produce|topics|show|results)"
)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def needs_kafka(page: Path) -> bool:
    doing = [b for b in blocks(page, name(page)) if b.does not in ("skip", "output", "eventually")]
    return any(_KAFKA.search(block.text) for block in doing)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=name(page), marks=pytest.mark.needs("kafka"))
        if needs_kafka(page)
        else pytest.param(page, id=name(page))
        for page in PAGES
    ],
)
def test_the_commands_of_a_page_do_what_it_says(page: Path, tmp_path: Path) -> None:
    ports = free_ports(4)
    stands_for = {
        "localhost:9464": f"127.0.0.1:{ports[0]}",
        "localhost:9465": f"127.0.0.1:{ports[1]}",
        "localhost:9466": f"127.0.0.1:{ports[2]}",
        "127.0.0.1:9480": f"127.0.0.1:{ports[3]}",
    }
    environ = {
        "PYTHONPATH": str(ROOT),
        "OUTWATCH_WEB_PORT": str(ports[0]),
        "OUTWATCH_PAGER_PORT": str(ports[1]),
        "OUTWATCH_RESULTS_PORT": str(ports[2]),
        "OUTWATCH_CONSOLE_PORT": str(ports[3]),
    }
    folder = tmp_path / "page"
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        if needs_kafka(page):
            broker = stack.enter_context(Broker(tmp_path / "kafka"))
            stands_for["localhost:9092"] = broker.address
            environ["OUTWATCH_KAFKA_BROKERS"] = broker.address
        shell = stack.enter_context(Page(folder, environ, stands_for))
        for block in blocks(page, name(page)):
            shell.do(block)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    titles = [re.sub(r"[^\w\- ]", "", title.lower()) for title in _HEADING.findall(text)]
    return {title.strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text("utf-8"))
    for target in _LINK.findall(text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{name(page)} links to {target}, which isn't there"
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), f"{name(page)} links to {target}: no such heading"
