from __future__ import annotations

import threading

import pytest

from streams.console.bench import Few
from streams.console.security import Refusal
from streams.console.tasks import MOST_WAITING, Task, Tasks
from streams.errors import UsageError


def test_one_at_a_time_in_turn() -> None:
    tasks, order, hold = Tasks(), list[int](), threading.Event()

    def work(number: int) -> int:
        hold.wait(30)
        order.append(number)
        return number

    started = [
        tasks.start("sum", "ada", lambda _, number=number: work(number)) for number in range(3)
    ]
    assert not any(one.ready.is_set() for one in started)
    hold.set()
    assert all(one.ready.wait(30) for one in started)
    assert sorted(one.result for one in started) == [0, 1, 2]
    assert tasks.of(started[0].id, "sum") is started[0]
    assert tasks.of(started[0].id, "other") is None


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (UsageError("there is none"), "There is none."),
        (ValueError("a secret"), "It failed (ValueError); the console's log has more."),
    ],
)
def test_what_fails_is_told(
    failure: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    def work(_: Task) -> None:
        raise failure

    tasks = Tasks()
    task = tasks.start("sum", "ada", work)
    assert task.ready.wait(30)
    assert task.error == said
    assert "a secret" not in caplog.text


def test_too_many_are_refused_and_few_are_kept() -> None:
    tasks, hold = Tasks(), threading.Event()
    started = [tasks.start("sum", "ada", lambda _: hold.wait(30)) for _ in range(MOST_WAITING)]
    with pytest.raises(Refusal, match="at work for others"):
        tasks.start("sum", "bo", lambda _: None)
    hold.set()
    assert all(one.ready.wait(30) for one in started)
    for _ in range(30):
        assert tasks.start("sum", "bo", lambda _: None).ready.wait(30)
    assert tasks.of(started[0].id, "sum") is None


def test_few_keeps_the_newest() -> None:
    few: Few[int, str] = Few(3)
    assert [few.put(number, "x") for number in (1, 2, 3, 1, 4)] == [True, True, True, False, True]
    assert [few.get(number) for number in (1, 2, 3, 4)] == ["x", None, "x", "x"]
