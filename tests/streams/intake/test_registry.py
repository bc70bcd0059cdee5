"""The list of formats: every name leads to a module that keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from streams.intake import registry
from streams.intake.registry import BUILT_IN, UnknownFormat
from tests.support.kafka_broker import ROOT
from tests.support.plugged import forget_plugins, plug_in


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    plug_in(monkeypatch)
    yield
    forget_plugins()


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_format_has_its_own_name_and_a_way_to_read(name: str) -> None:
    json_format, binary = registry.json_format(name), registry.binary_format(name)
    assert [known.NAME for known in (json_format, binary) if known is not None] == [name] * (
        (json_format is not None) + (binary is not None)
    )
    assert json_format is not None or binary is not None
    if binary is not None:
        assert not binary.recognises_bytes(b"\xff")
    if json_format is not None:
        for data in (None, {}, [], "x", {"record_id": "r", "output": "x"}):
            assert not json_format.recognises(data)


def test_every_name_is_in_the_documentation() -> None:
    page = (ROOT / "docs" / "sending.md").read_text()
    assert [name for name in (registry.NATIVE, *BUILT_IN) if f"`{name}`" not in page] == []


def test_native_comes_first_and_third_parties_last(plugins: None) -> None:
    assert registry.names() == ("native", *BUILT_IN, "shipment")
    shipment = registry.json_format("shipment")
    assert shipment is not None
    assert shipment.NAME == "shipment"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("shipmet", "Did you mean `shipment`?", id="near"),
        pytest.param("zzz", "There are: auto, native, ", id="far"),
    ],
)
def test_an_unknown_name_says_which_there_are(plugins: None, name: str, words: str) -> None:
    with pytest.raises(UnknownFormat, match=words.replace("?", r"\?")):
        registry.check_name(name)
