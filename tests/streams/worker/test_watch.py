"""The watchdog ends what does not move, and only that; the pages tell the truth."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from types import ModuleType
from typing import Any

import aiokafka.errors
import kafka.errors
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
    assert set(body) == {"ready", "checks", "partitions", "lag", "missing_sources", "problem"}
    assert body["problem"] == "starting"


def problem(made: Watch) -> str:
    return str(made.ready()[1]["problem"])


def well(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A watch of a worker with which all is well."""
    made, _ = watch()
    made._judge()
    made.assign([(TOPIC, 0)])
    assert made.ready()[0]
    return made


def test_that_nobody_can_act_is_named_and_holds_back_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = well(monkeypatch)
    made.no_acts = lambda: "llm.acts has 1 partition and llm.verdicts 4"
    assert made.ready()[0]
    assert problem(made) == "llm.acts has 1 partition and llm.verdicts 4"
    made.no_acts = lambda: ""
    assert problem(made) == ""


def test_a_send_that_fails_is_named_until_one_gets_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = well(monkeypatch)
    with pytest.raises(OSError, match="no"), made.sending("llm.verdicts"):
        raise OSError("no")
    assert "sending to llm.verdicts fails (OSError" in problem(made)
    with made.sending("llm.incidents"):
        pass
    assert not made.ready()[0]
    with made.sending("llm.verdicts"):
        pass
    assert made.ready()[0]


@pytest.mark.parametrize("kind", [aiokafka.errors, kafka.errors])
def test_a_denied_write_names_the_right_to_grant(
    kind: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = well(monkeypatch)
    denied: type[Exception] = kind.TopicAuthorizationFailedError
    with pytest.raises(denied), made.sending("llm.verdicts"):
        raise denied("a record's text")
    assert "sending to llm.verdicts fails (" in problem(made)
    assert "Grant the rights that deploy/kafka/ACLS.md lists" in problem(made)
    assert "a record's text" not in problem(made)


def test_a_send_without_an_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    made = well(monkeypatch)
    with made.sending("llm.verdicts"):
        assert made.ready()[0]
        later = time.monotonic() + 9
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert "sending to llm.verdicts fails (no answer, for 9 s)" in problem(made)
        assert not made.ready()[0]
    assert made.ready()[0]


def test_the_problem_names_every_broken_part(monkeypatch: pytest.MonkeyPatch) -> None:
    made = well(monkeypatch)
    made.models_loaded = False
    assert "detectors" in problem(made)
    made.assign([])
    assert "no partition" in problem(made)
    later = time.monotonic() + 51
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert "event loop" in problem(made)


def test_a_silent_broker_is_named_and_is_no_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    made, codes = watch()
    made._judge()
    made.assign([(TOPIC, 0)])
    made._lag = {(TOPIC, 0): 9}
    made._probe._answered = time.monotonic()
    assert made.ready()[0]
    later = time.monotonic() + 51
    monkeypatch.setattr(time, "monotonic", lambda: later)
    made._probe._timer = time.monotonic
    made.beat()
    made._judge()
    assert codes == []
    assert "no answer from Kafka" in problem(made)
    assert page(made, "/ready")[1]["checks"]["broker_answers"] is False


def test_a_topic_of_outputs_that_is_yet_to_be_made_holds_back_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = well(monkeypatch)
    made._probe._sources = ("llm.outputs", "later")
    made._probe._missing = ("later",)
    ready, body = made.ready()
    assert ready
    assert body["missing_sources"] == ["later"]
    made._probe._missing = ("llm.outputs", "later")
    assert "llm.outputs, later are missing on Kafka" in problem(made)


def test_a_missing_topic_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    made = well(monkeypatch)
    made._probe._missing = ("llm.verdicts",)
    assert "llm.verdicts is missing on Kafka: outwatch topics create" in problem(made)
    assert page(made, "/ready")[1]["checks"]["topics_there"] is False
