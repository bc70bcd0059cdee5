from __future__ import annotations

import pytest

from streams.console.kept import Kept
from streams.errors import RulesError


def test_it_is_read_again_when_it_is_old() -> None:
    found = iter("ab")
    kept = Kept(lambda: next(found), str, again_s=0)
    assert [kept.get(), kept.get()] == ["a", "b"]


def test_it_is_read_once_while_it_is_new() -> None:
    found = iter("ab")
    kept = Kept(lambda: next(found), str)
    assert [kept.get(), kept.get()] == ["a", "a"]


def test_a_wrong_file_leaves_what_was_before(caplog: pytest.LogCaptureFixture) -> None:
    def read() -> str:
        return states.pop(0)()

    def wrong() -> str:
        raise RulesError("rules.yaml", 3, "is wrong", "Mend it")

    states = [wrong, lambda: "first", wrong]
    kept = Kept(read, lambda: "shipped", again_s=0)
    assert [kept.get(), kept.get(), kept.get()] == ["shipped", "first", "first"]
    assert caplog.text.count("rules.yaml:3") == 2
