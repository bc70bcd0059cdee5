"""Labels out of files: what is read, and what is told of lines that aren't as they should be."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.labels.label import Label, Scores, each_vote, read_labels
from tests.support.worsening import batches

LINE = b'{"place": "llm.outputs/0/7", "signal": "refusal.full", "label": 1, "reviewer": "ada"}'


def test_json_lines_and_csv_say_the_same() -> None:
    csv = [b"place,signal,label,reviewer,probability", b"llm.outputs/0/7,refusal.full,yes,ada,0.25"]
    (one,) = read_labels(csv).labels
    (other,) = read_labels([LINE.replace(b"}", b', "probability": 0.25}')]).labels
    assert one == other
    assert (one.label, one.probability, one.drawn, one.weight) == (1.0, 0.25, True, 4.0)


def test_a_label_on_the_feedback_topic_is_one() -> None:
    (one,) = read_labels(
        [b'{"feedback_id": "f", "kind": "label", "record_id": "a-7", "signal": "s.x", "value": 0}']
    ).labels
    assert (one.record, one.label, one.drawn) == ("a-7", 0.0, False)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "no JSON object"),
        (b'{"kind": "rating", "value": 1}', "feedback that isn't a label"),
        (b'{"place": "a/0/1", "label": 1}', "names no signal"),
        (b'{"place": "a/0/1", "signal": "s.x", "label": 2}', "neither 1 nor 0"),
        (b'{"place": "a/0/1", "signal": "s.x"}', "neither 1 nor 0"),
        (b'{"signal": "s.x", "label": 1}', "names no record"),
        (b'{"place": "a/b", "signal": "s.x", "label": 1}', "isn't TOPIC/PARTITION/OFFSET"),
        (LINE.replace(b"}", b', "probability": 0}'), "isn't above 0"),
        (LINE.replace(b"}", b', "probability": 1.5}'), "isn't above 0"),
        (LINE.replace(b"}", b', "probability": "often"}'), "isn't above 0"),
        (LINE.replace(b"}", b', "probability": 1e-300}'), "more than 1,000,000,000,000 records"),
        (LINE.replace(b"}", b', "probability": 5e-324}'), "more than 1,000,000,000,000 records"),
        (
            LINE.replace(b"}", b', "probability": 1e-9, "copies": 2000}'),
            "more than 1,000,000,000,000 records",
        ),
        (LINE.replace(b"}", b', "copies": 1e17}'), "more than 1,000,000,000,000 records"),
        (LINE.replace(b"}", b', "copies": 1.5}'), "aren't a whole number"),
        (b"a,b,c", "neither JSON nor a header"),
    ],
)
def test_a_bad_line_is_left_out_with_its_number_and_why(line: bytes, why: str) -> None:
    found = read_labels([LINE.replace(b"/7", b"/8"), b"", line])
    assert len(found.labels) == 1
    (problem,) = found.problems
    assert (problem.line, problem.done) == (3, "left out")
    assert why in problem.reason


def test_rows_of_the_wrong_width_are_left_out() -> None:
    found = read_labels([b"record_id,signal,label", b"a,s.x,1,more", b"b,s.x,1"])
    assert [one.record for one in found.labels] == ["b"]
    assert found.problems[0].line == 2


def test_reviewers_who_contradict_each_other_are_weighed() -> None:
    found = read_labels([LINE, LINE.replace(b"ada", b"bob").replace(b": 1", b": 0")])
    assert [one.label for one in found.labels] == [0.5]
    (problem,) = found.problems
    assert (problem.line, problem.done) == (1, "weighed")
    assert "lines 1, 2" in problem.reason


def test_of_one_reviewer_the_later_word_counts() -> None:
    found = read_labels([LINE, LINE.replace(b": 1", b": 0")])
    assert [one.label for one in found.labels] == [0.0]
    assert [(one.line, one.done) for one in found.problems] == [(1, "left out")]
    assert len(each_vote([LINE, LINE])) == 2


@given(st.lists(st.binary(max_size=80) | st.just(LINE) | st.just(b"label,signal,place")))
def test_no_line_raises(lines: list[bytes]) -> None:
    found = read_labels(lines)
    assert all(0 <= one.label <= 1 and 0 < one.probability <= 1 for one in found.labels)
    assert all(1 <= one.line <= len(lines) for one in found.problems)


def test_scores_are_found_by_place_and_by_id_and_only_where_judged() -> None:
    labels = [
        Label(signal="refusal.full", label=1, place="llm.outputs/0/7"),
        Label(signal="refusal.full", label=1, record_id="a-8", deployment="support-bot"),
        Label(signal="refusal.full", label=1, record_id="a-9", deployment="another"),
        Label(signal="pii.any", label=1, record_id="a-10"),
    ]
    scores = Scores(labels)
    for batch in [*batches(), *batches()]:
        scores.look(batch)
    assert [one.label.record for one in scores.found] == ["llm.outputs/0/7", "a-8"]
    assert scores.missing == 2
    assert msgspec.json.encode(scores.found[0].label)
