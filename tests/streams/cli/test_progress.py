"""Progress where stderr is no terminal: a line now and then, and none for what is quickly done."""

from __future__ import annotations

import pytest

from streams.cli._progress import Doing


def test_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    with Doing("reading", every_s=10.0, timer=lambda: now[0]) as doing:
        for second in range(35):
            now[0] = float(second)
            doing.update(f"{second} records", second, 34)
    assert capsys.readouterr().err.splitlines() == [
        "outwatch: 10 records (29 %)",
        "outwatch: 20 records (58 %)",
        "outwatch: 30 records (88 %)",
    ]


def test_without_a_known_end_and_with_nothing_to_wait_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = [0.0]
    with Doing("reading", every_s=10.0, timer=lambda: now[0]) as doing:
        doing.update("9 records", 9, None)
        assert capsys.readouterr().err == ""
        now[0] = 11.0
        doing.update("10 records", 10, 0)
        doing.update("11 records", 11, None)
    assert capsys.readouterr() == ("", "outwatch: 10 records\n")


def test_what_steers_a_terminal_is_taken_out(capsys: pytest.CaptureFixture[str]) -> None:
    with Doing("reading", every_s=0.0) as doing:
        doing.update("a \x1b[2J b")
    assert "\x1b" not in capsys.readouterr().err
