"""The pager's notes as rows of a timeline."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.incidents.postmortem.pages import pages
from streams.incidents.postmortem.timeline import Row
from tests.streams.paging.conftest import build


def line(kind: str, incident: str = "inc-1", **more: Any) -> bytes:
    return msgspec.json.encode({"kind": kind, "incident": incident, "at": 5.0, **more})


def test_notes_about_it_and_no_others() -> None:
    incident = build(replaces=["inc-0"], page_key="key")
    found = pages(
        [
            line("step", roles=["on-call"], receivers=["ada-phone"], number=1),
            line("told", "inc-0", receiver="ada-phone"),
            line("told", "inc-2", outcome="undeliverable", page_key="key", why="410 Gone"),
            line("told", "inc-9"),
            line("hidden", why="a drill"),
            line("shown"),
            line("over"),
            b"no note",
            b"[" * 10_000,
        ],
        incident,
    )
    assert [row.what for row in found] == [
        "step 2 of the escalation for on-call",
        "told a receiver of it (trigger): delivered",
        "told a receiver of it (trigger): undeliverable: 410 Gone",
        "told nobody: a silence hid it: a drill",
        "no silence hides it any more",
    ]
    assert found[0] == Row(5.0, found[0].what, "pager", "page 1 of inc-1")
    assert "ada" not in str(found)
