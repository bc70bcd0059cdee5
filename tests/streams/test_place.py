"""A place is read as it was printed, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import UsageError
from streams.place import Place, parse_place, pointer, row_place
from streams.records import Evidence, VerdictBatch, VerdictRow

places = st.builds(
    Place,
    topic=st.from_regex(r"[A-Za-z0-9._-]{1,249}", fullmatch=True),
    partition=st.integers(0, 10**9 - 1),
    offset=st.integers(0, 10**18 - 1),
    part=st.integers(0, 10**9 - 1),
)


@given(places)
def test_a_place_is_read_as_it_was_printed(place: Place) -> None:
    assert parse_place(str(place)) == place
    assert parse_place(f" {place}\n") == place


@given(places)
def test_evidence_and_verdicts_point_to_the_same_place(place: Place) -> None:
    evidence = Evidence(
        topic=place.topic,
        partition=place.partition,
        offset=place.offset,
        part=place.part,
        record_id="r",
        event_time=0.0,
        signal="a.x",
        score=1.0,
    )
    row = VerdictRow(offset=place.offset, part=place.part, record_id="r", event_time=0.0)
    batch = VerdictBatch(
        deployment="a",
        topic=place.topic,
        partition=place.partition,
        first_offset=place.offset,
        last_offset=place.offset,
        rows=[row],
    )
    assert pointer(evidence) == row_place(batch, row) == str(place)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("llm.outputs/3/1842", Place("llm.outputs", 3, 1842)),
        ("llm.outputs/3/1842#0", Place("llm.outputs", 3, 1842)),
        ("llm.outputs/3/1842#2", Place("llm.outputs", 3, 1842, 2)),
    ],
)
def test_what_a_person_may_write(text: str, place: Place) -> None:
    assert parse_place(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "llm.outputs",
        "llm.outputs/3",
        "llm.outputs-3-1842",
        "llm.outputs/3/-1",
        "llm.outputs/three/1",
        "llm.outputs/3/1842#",
        "llm.outputs/3/1842#-1",
        "llm.outputs/3/1842#1#2",
        "llm.outputs/3/1842/5",
        "llm outputs/3/1842",
        "llm.outputs/3/1٤",
        "t" * 250 + "/0/0",
        "llm.outputs/3/" + "1" * 19,
    ],
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="TOPIC/PARTITION/OFFSET"):
        parse_place(text)
