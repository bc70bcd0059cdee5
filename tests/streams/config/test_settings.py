"""Configuration: defaults, a file, variables; every mistake gets one clear message."""

from __future__ import annotations

import json
import stat
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

import detectors
from detectors.discover import ENTRY_POINT_GROUP
from streams.config import detector_names
from streams.config.settings import (
    IntakeSource,
    Settings,
    load_settings,
    output_topics,
    read_hash_key,
)
from streams.errors import ConfigError


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "outwatch.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_defaults_are_valid() -> None:
    assert load_settings(environ={}) == Settings()


def test_sources_of_outputs_come_after_the_main_topic(tmp_path: Path) -> None:
    path = write(
        tmp_path, "intake:\n  sources:\n    gateway: {deployment: bot}\n    llm.outputs: {}\n"
    )
    settings = load_settings(path, {})
    assert output_topics(settings) == ("llm.outputs", "gateway")
    assert settings.intake.sources["gateway"] == IntakeSource(deployment="bot")


def test_variables_win_over_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "kafka:\n  brokers: file:1\n  group: g\nbatch_records: 7\n")
    settings = load_settings(
        path,
        {
            "OUTWATCH_KAFKA_BROKERS": "variable:2",
            "OUTWATCH_KAFKA_TOPICS_PARTITIONS": "9",
            "OUTWATCH_DETECTORS": "[pii, secrets]",
            "PATH": "/bin",
        },
    )
    assert settings.kafka.brokers == "variable:2"
    assert settings.kafka.topics.partitions == 9
    assert settings.kafka.group == "g"
    assert settings.batch_records == 7
    assert settings.detectors == ["pii", "secrets"]


def test_the_file_can_be_named_by_a_variable(tmp_path: Path) -> None:
    path = write(tmp_path, "batch_records: 3\n")
    assert load_settings(environ={"OUTWATCH_CONFIG": str(path)}).batch_records == 3


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("kafka:\n  broker: x\n", 2, "Did you mean `brokers`", id="unknown-key"),
        pytest.param("\nkafak: {}\n", 2, "Did you mean `kafka`", id="unknown-section"),
        pytest.param("pool:\n  chunk: many\n", 2, "expected `int`", id="wrong-type"),
        pytest.param("pool:\n  chunk: 0\n", 2, "not above 0", id="not-positive"),
        pytest.param("sampling:\n  share: 1.5\n", 2, "not in [0, 1]", id="share"),
        pytest.param(
            "kafka:\n  session_timeout_s: 99\n", 2, "request_timeout_s", id="session-timeout"
        ),
        pytest.param("stall_timeout_s: 10\n", 1, "too short", id="stall-timeout"),
        pytest.param(
            "intake:\n  sources:\n    spans: {format: natve}\n",
            3,
            "Did you mean `native`",
            id="format",
        ),
        pytest.param(
            "intake:\n  sources:\n    a.b:\n      format: qqqq\n",
            4,
            "There are: auto, native",
            id="no-such-format",
        ),
        pytest.param(
            "intake:\n  sources:\n    llm.verdicts: {}\n",
            3,
            "outwatch's own",
            id="source-is-written-to",
        ),
        pytest.param(
            "intake:\n  sources:\n    x:\n      deploymnt: a\n",
            4,
            "Did you mean `deployment`",
            id="source-key",
        ),
        pytest.param("log_level: loud\n", 1, "none of debug", id="log-level"),
        pytest.param("kafka:\n  brokers: ' '\n", 2, "is empty", id="no-broker"),
        pytest.param("- a\n- b\n", 1, "not a mapping", id="a-list"),
        pytest.param("rules: a: b\n", 1, "isn't valid YAML", id="syntax"),
        pytest.param("pool:\n\tchunk: 1\n", 2, "isn't valid YAML", id="tab"),
        pytest.param("rules: a\nrules: b\n", 2, "stands twice", id="twice"),
        pytest.param("x: &a [1]\ny: *a\n", 2, "alias", id="alias"),
        pytest.param("\nrules: " + "{a: " * 5_000, 2, "brackets", id="deep"),
        pytest.param(b"rules: \xff\n", 1, "UTF-8", id="not-utf8"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(
    tmp_path: Path, text: str | bytes, line: int, words: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {})
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param("OUTWATCH_POOL_CHUNKS", "3", "Did you mean OUTWATCH_POOL_CHUNK", id="unknown"),
        pytest.param("OUTWATCH_POOL_CHUNK", "many", "expected `int`", id="wrong-type"),
        pytest.param("OUTWATCH_POOL_CHUNK", "[", "isn't valid YAML", id="syntax"),
        pytest.param("OUTWATCH_POOL", "[]", "expected `object`", id="a-section"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(environ={name: value})
    assert f"variable {name}" in str(caught.value)
    assert words in str(caught.value)


def test_a_missing_file_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_settings(tmp_path / "nowhere.yaml", {})


def test_the_hash_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    settings = Settings(state_dir=str(tmp_path / "state"))
    key = read_hash_key(settings)
    assert len(key) >= 32
    assert read_hash_key(settings) == key
    assert stat.S_IMODE((tmp_path / "state" / "hash_key").stat().st_mode) == 0o600


def test_the_hash_key_never_shows() -> None:
    settings = load_settings(environ={"OUTWATCH_HASH_KEY": "a-very-private-key"})
    assert read_hash_key(settings) == b"a-very-private-key"
    assert "a-very-private-key" not in repr(settings)


def test_an_unwritable_state_folder_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="OUTWATCH_HASH_KEY"):
        read_hash_key(Settings(state_dir=str(tmp_path / "file" / "state")))


def registry(**given: object) -> Settings:
    return load_settings(
        environ={f"OUTWATCH_INTAKE_REGISTRY_{k.upper()}": str(v) for k, v in given.items()}
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"username": "me"}, "no registry is named"),
        ({"url": "registry:8081"}, "is no URL"),
        ({"url": "http://[::1"}, "is no URL"),
        (
            {"url": "http://r", "username": "me", "password": "p", "password_file": "f"},
            "two places",
        ),
        ({"url": "http://r", "password": "s3cr3t"}, "missing beside a password"),
        ({"url": "http://r", "username": "me", "token": "s3cr3t"}, "one of the two logins"),
        ({"url": "http://r", "key_file": "k"}, "without a certificate"),
        ({"url": "http://r", "timeout_s": 0}, "not above 0"),
    ],
)
def test_settings_of_a_registry_that_make_no_sense(given: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        registry(**given)
    assert "s3cr3t" not in str(refused.value)


def test_a_registrys_settings() -> None:
    made = registry(
        url="https://a:1/, https://b", headers="{X-Team: llm}", timeout_s=3
    ).intake.registry
    assert made.urls == ("https://a:1", "https://b")
    assert (made.headers, made.timeout_s) == ({"X-Team": "llm"}, 3)
    assert registry().intake.registry.url == ""


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("piii", "`piii` is no detector. Did you mean `pii`?"),
        ("hallucinations", "Did you mean `hallucination`?"),
        ("training", "what stands there is no detector. Known: commitment, "),
        ("_text", "Known: "),
        ("PII", "Known: "),
        ("", "Known: "),
    ],
)
def test_options_of_no_detector_are_refused(name: str, remedy: str, tmp_path: Path) -> None:
    path = tmp_path / "outwatch.yaml"
    path.write_text(f"detector_options:\n  pii: {{}}\n  '{name}': {{}}\n")
    with pytest.raises(ConfigError, match=r"outwatch\.yaml:3: `detector_options`: ") as caught:
        load_settings(path, {})
    assert remedy in str(caught.value)
    with pytest.raises(ConfigError, match="variable OUTWATCH_DETECTOR_OPTIONS: ") as caught:
        load_settings(None, {"OUTWATCH_DETECTOR_OPTIONS": f"{{'{name}': {{}}}}"})
    assert remedy in str(caught.value)


def test_every_detector_may_have_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's own too, by its name or by that of its entry point, and one of another machine."""
    own = EntryPoint("shop-tone", "shop.tone:ToneDetector", ENTRY_POINT_GROUP)
    monkeypatch.setattr(detector_names, "entry_points", lambda group: EntryPoints([own]))
    monkeypatch.setattr(detectors, "available", lambda: (*detectors.discover.available(), "tone"))
    names = [*detectors.discover.available(), "tone", "shop-tone"]
    given = {"OUTWATCH_DETECTOR_OPTIONS": json.dumps({name: {} for name in names})}
    assert list(load_settings(None, given).detector_options) == names
    elsewhere = {"OUTWATCH_DETECTORS": "[voice]", "OUTWATCH_DETECTOR_OPTIONS": "{voice: {}}"}
    assert load_settings(None, elsewhere).detectors == ["voice"]


def test_a_detector_that_cannot_be_imported_keeps_no_other_command_from_its_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> tuple[str, ...]:
        raise ImportError("the package of somebody's own detector")

    monkeypatch.setattr(detectors, "available", broken)
    assert load_settings(None, {"OUTWATCH_DETECTOR_OPTIONS": "{tone: {}}"}).detector_options
