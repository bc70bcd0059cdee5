from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from streams.console.typed import markdown_typed, named, typed
from streams.incidents.playbooks.reader import shipped
from tests.support.console import incident, room

DEMO = "/tmp/the-demo/outwatch"
PATHS = ("/incident/inc-1", "/incident/inc-1?for=legal", "/rules", "/museum", "/postmortem/inc-1")
# What follows is a command, wherever the words before it aren't the setting's.
_BARE = re.compile(
    r"(?<!-demo/)\boutwatch (?=(incident|show|rules|postmortem|evidence|export|act))"
)


def test_a_line_of_another_program_stays() -> None:
    assert typed("kcat -b outwatch -L", DEMO) == "kcat -b outwatch -L"
    assert typed("outwatch show a/1/2", "outwatch") == "outwatch show a/1/2"
    assert named("outwatch is blind", DEMO) == "outwatch is blind"


def test_of_markdown_only_blocks_of_shell_and_names_change() -> None:
    given = "outwatch found it.\n```sh\noutwatch show a\noutwatch show b\n```\n`outwatch list`\n"
    assert markdown_typed(given, "x") == (
        "outwatch found it.\n```sh\nx show a\nx show b\n```\n`x list`\n"
    )


@pytest.mark.parametrize("kind", sorted(shipped().names()))
def test_all_lines_of_a_page_begin_as_they_are_typed(tmp_path: Path, kind: str) -> None:
    with room(tmp_path, command=DEMO) as made, made.browser() as client:
        made.put(incident(kind))
        pages = {path: unescape(client.get(path).text) for path in PATHS}
    assert f"{DEMO} incident ack inc-1" in pages["/incident/inc-1"]
    assert f"{DEMO} postmortem inc-1" in pages["/postmortem/inc-1"]
    for path, text in pages.items():
        assert not [text[one.start() - 60 : one.end() + 60] for one in _BARE.finditer(text)], path
