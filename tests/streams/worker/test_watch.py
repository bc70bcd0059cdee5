"""The watchdog ends what does not move, and only that; the pages tell the truth."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from typing import Any

import pytest

from streams.config.settings import Pool, Settings, Web
from streams.errors import UsageError
from streams.worker.metrics import Metrics
from streams.worker.watch import STALLED_EXIT, Watch
from tests.support.kafka_broker import free_ports

TOPIC = "llm.outputs"


def watch(limit: float = 50.0) -> tuple[Watch, list[int]]:
    codes: list[int] = []
    settings = Settings(stall_timeout_s=limit, pool=Pool(chunk_timeout_s=limit / 5))
    made = Watch(settings, Metrics([], []), end=codes.append)
    made.models_loaded = True
    return made, codes


def page(made: Watch, path: str) -> tuple[str, Any]:
    answer = made.pages.get(path)
    return str(answer.status), json.loads(answer.body)


@pytest.mark.parametrize(
    ("lag", "seconds", "ends"),
    [
        pytest.param(5, 51, True, id="lag-and-no-movement"),
        pytest.param(5, 49, False, id="not-for-long-enough"),
        pytest.param(0, 500, False, id="nothing-to-do"),
    ],
)
def test_a_partition_with_lag_that_does_not_move_ends_the_worker(
    lag: int, seconds: float, ends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: start)
    made, codes = watch()
    made.assign([(TOPIC, 0), (TOPIC, 1)])
    made._lag = {(TOPIC, 0): lag}
    later = start + seconds
    monkeypatch.setattr(time, "monotonic", lambda: later)
    made.beat()
    made.moved(TOPIC, 1, 7)
    made._judge()
    assert codes == ([STALLED_EXIT] if ends else [])
    assert made.ready()[0] is not ends


def test_movement_resets_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    made, codes = watch()
    made.assign([(TOPIC, 0)])
    made._lag = {(TOPIC, 0): 9}
    start = time.monotonic()
    for seconds in (40, 80, 120):
        monkeypatch.setattr(time, "monotonic", lambda at=start + seconds: at)
        made.beat()
        made.moved(TOPIC, 0, seconds)
        made._judge()
    assert codes == []


def test_work_on_one_batch_resets_the_clock_of_all_that_wait_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, codes = watch()
    made.assign([(TOPIC, 0), ("llm.verdicts", 0)])
    made._lag = {(TOPIC, 0): 9, ("llm.verdicts", 0): 0}
    start = time.monotonic()
    for seconds in (40, 80, 120):
        monkeypatch.setattr(time, "monotonic", lambda at=start + seconds: at)
        made.beat()
        made.working()
        made._judge()
    assert codes == []
    made._lag = {(TOPIC, 0): 0, ("llm.verdicts", 0): 9}
    made._judge()
    assert codes == [STALLED_EXIT]


def test_an_event_loop_that_does_not_turn_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    made, codes = watch()
    made.assign([(TOPIC, 0)])
    later = time.monotonic() + 51
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert page(made, "/live")[0].startswith("503")
    made._judge()
    assert codes == [STALLED_EXIT]


def test_ready_needs_models_partitions_and_movement() -> None:
    made, _ = watch()
    made._judge()
    assert page(made, "/ready")[0].startswith("503")
    made.assign([(TOPIC, 0)])
    assert page(made, "/ready")[0].startswith("200")
    made.models_loaded = False
    status, body = page(made, "/ready")
    assert status.startswith("503")
    assert body["checks"]["models_loaded"] is False
    made.models_loaded = True
    made.assign([])
    assert page(made, "/ready")[1]["checks"]["assigned"] is False


def test_other_paths_say_what_there_is() -> None:
    status, body = page(watch()[0], "/nothing")
    assert status.startswith("404")
    assert "/metrics" in body["paths"]


def test_movement_of_a_partition_that_went_elsewhere_is_ignored() -> None:
    made, _ = watch()
    made.assign([(TOPIC, 0)])
    made.assign([(TOPIC, 1)])
    made.moved(TOPIC, 0, 99)
    assert made.ready()[1]["partitions"] == 1


def test_a_taken_port_is_one_message_with_the_remedy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings(web=Web(port=taken.getsockname()[1]))
        with pytest.raises(UsageError, match="OUTWATCH_WEB_PORT"):
            Watch(settings, Metrics([], [])).start()


def test_a_client_that_says_nothing_does_not_keep_a_probe_from_its_answer() -> None:
    settings = Settings(web=Web(port=free_ports(1)[0]))
    made = Watch(settings, Metrics([], []))
    # Ends the watching thread before it asks for a broker.
    made.stop()
    made.start()
    address = ("127.0.0.1", settings.web.port)
    try:
        with socket.create_connection(address, timeout=30):
            live = f"http://127.0.0.1:{settings.web.port}/live"
            with urllib.request.urlopen(live, timeout=5) as answer:
                assert json.load(answer) == {"live": True}
    finally:
        made.stop()


def test_what_ready_says_is_known_to_dashboards_and_scripts() -> None:
    _, body = page(watch()[0], "/ready")
    assert set(body) == {"ready", "checks", "partitions", "lag", "problem"}
    assert body["problem"] == "starting"
