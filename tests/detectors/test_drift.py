from __future__ import annotations

import json
import random
from math import comb
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors._linear.model_file import BrokenModel, write_checksum
from detectors.base import Batch, Record
from detectors.drift import (
    Baseline,
    DriftDetector,
    Sketch,
    baseline_from_json,
    baseline_to_json,
    compare,
    features_of,
    habits,
    sketches_of,
)
from detectors.drift.joint import evenly_spread, unevenly_spread
from detectors.drift.style import style_of

PLAIN = "The river rises in the hills and flows to the sea. It is about ninety miles long."

values = st.floats(0.0, 1.0)
sketches = st.lists(values, max_size=30).map(lambda taken: sketch_of(taken))


def sketch_of(taken: list[float]) -> Sketch:
    sketch = Sketch()
    for value in taken:
        sketch.add(value)
    return sketch


def drawn(seed: int, count: int, mean: float, spread: float = 0.15) -> Sketch:
    source = random.Random(seed)
    return sketch_of([min(1.0, max(0.0, source.gauss(mean, spread))) for _ in range(count)])


def rare(ones: int, count: int) -> Sketch:
    sketch = Sketch()
    sketch.add(1.0, ones)
    sketch.add(0.0, count - ones)
    return sketch


@pytest.mark.parametrize(
    ("feature", "more"),
    [
        pytest.param("length", PLAIN * 4, id="longer"),
        pytest.param("sentence_length", PLAIN.replace(". It", " and it"), id="one long sentence"),
        pytest.param("line_breaks", PLAIN.replace(". ", ".\n"), id="a line break"),
        pytest.param("paragraphs", PLAIN.replace(". ", ".\n\n"), id="a paragraph"),
        pytest.param("lists", "- " + PLAIN.replace(". ", ".\n- "), id="bullets"),
        pytest.param("lists", "1. " + PLAIN.replace(". ", ".\n2. "), id="numbers"),
        pytest.param("markdown", PLAIN.replace("river", "**river**"), id="bold"),
        pytest.param("markdown", "## River\n" + PLAIN, id="heading"),
        pytest.param("code", "```\nx = 1\n```\n" + PLAIN, id="a code fence"),
        pytest.param("commas", PLAIN.replace(" and", ", and"), id="a comma"),
        pytest.param("quotes", PLAIN.replace("river", '"river"'), id="quotation marks"),
        pytest.param("dashes", PLAIN.replace(" and", " — and"), id="a dash"),
        pytest.param("exclamations", PLAIN.replace(".", "!"), id="exclamation marks"),
        pytest.param("question_end", PLAIN + " Is that enough?", id="a question"),
        pytest.param("question_end", PLAIN + "これでいいですか？", id="a Japanese question"),
        pytest.param("first_person", "I think that " + PLAIN, id="speaks of itself"),
        pytest.param("second_person", "You know that " + PLAIN, id="speaks to the reader"),
        pytest.param("second_person", "You’re told: " + PLAIN, id="a curly apostrophe"),
        pytest.param("hedging", PLAIN.replace("It is", "It may perhaps be"), id="hedges"),
        pytest.param("apology", "Unfortunately I cannot say. " + PLAIN, id="apologises"),
        pytest.param("connectives", "Moreover, " + PLAIN, id="connects"),
        pytest.param("variety", "One two three four five six.", id="no word twice"),
        pytest.param("word_length", "Extraordinarily complicated formulations.", id="long words"),
        pytest.param("upper_case", PLAIN.upper(), id="upper case"),
        pytest.param("digits", PLAIN.replace("ninety", "90"), id="a number"),
        pytest.param("emoji", PLAIN + " 😀", id="an emoji"),
        pytest.param("non_latin", PLAIN + " Река течёт к морю.", id="Cyrillic"),
        pytest.param("opening", "Sure! " + PLAIN, id="a courtesy"),
        pytest.param("opening", "As an assistant I can say: " + PLAIN, id="opens with itself"),
        pytest.param("closing", PLAIN + " Let me know if you want more.", id="an offer"),
        pytest.param("closing", PLAIN + " In summary, it is long.", id="a summary"),
    ],
)
def test_each_feature_rises_with_what_it_names(feature: str, more: str) -> None:
    assert features_of(more)[feature] > features_of(PLAIN)[feature]


@pytest.mark.parametrize(
    "absent",
    ["lists", "markdown", "code", "emoji", "non_latin", "opening", "closing", "question_end"],
)
def test_plain_prose_has_none_of_the_habits(absent: str) -> None:
    assert features_of(PLAIN)[absent] == 0.0


@given(st.text())
def test_features_are_shares(text: str) -> None:
    assert all(0.0 <= value <= 1.0 for value in features_of(text).values())


def test_an_empty_answer_is_zero_throughout() -> None:
    assert set(features_of("").values()) == {0.0}


WORDING = [f"drift.{name}" for name in habits.NAMES]


@given(st.text())
def test_habits_are_shares(text: str) -> None:
    told = style_of(text)
    assert all(0.0 <= told[name] <= 1.0 for name in WORDING)


@pytest.mark.parametrize("empty", ["", " \n", "1 + 1 = 2", "..."])
def test_an_answer_without_words_has_no_habits(empty: str) -> None:
    told = style_of(empty)
    assert {told[name] for name in WORDING} == {0.5}


@given(st.lists(st.sampled_from(["the", "and", "however", "you", "can", "is", "such", "as"])))
def test_habits_know_which_words_but_not_their_order(words: list[str]) -> None:
    told, turned = style_of(" ".join(words)), style_of(" ".join(reversed(words)))
    closing = {"drift.opening", "drift.closing"}
    if all(told[name] == turned[name] for name in closing):
        assert [told[name] for name in WORDING] == pytest.approx([turned[name] for name in WORDING])


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("The total is due. We can help, and it is important to note that.", id="we"),
        pytest.param("Additionally, there are various ways to use this for your work.", id="ways"),
    ],
)
def test_a_common_word_more_moves_the_habits(said: str) -> None:
    moved = [abs(style_of(said + " However")[n] - style_of(said)[n]) for n in WORDING]
    assert max(moved) > 0.01


def test_habits_survive_their_file(tmp_path: Path) -> None:
    path = tmp_path / "habits.npz"
    habits.save(habits.habits(), path)
    assert path.read_bytes() == habits.FILE.read_bytes()
    again, shipped = habits.load(path), habits.habits()
    assert again.rows == shipped.rows
    assert np.array_equal(again.words, shipped.words)


@pytest.mark.parametrize(
    ("data", "sealed", "message"),
    [
        pytest.param(b"no model", False, "is not the file that was shipped", id="other bytes"),
        pytest.param(b"no model", True, "holds no model", id="no archive"),
    ],
)
def test_a_broken_model_is_refused(tmp_path: Path, data: bytes, sealed: bool, message: str) -> None:
    path = tmp_path / "habits.npz"
    habits.save(habits.habits(), path)
    path.write_bytes(data)
    if sealed:
        write_checksum(path)
    with pytest.raises(BrokenModel, match=message):
        habits.load(path)


def test_a_model_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "habits.npz"
    shipped = habits.habits()
    habits.save(shipped._replace(middle=shipped.middle[1:]), path)
    with pytest.raises(BrokenModel, match="another version"):
        habits.load(path)


def test_every_signal_is_a_feature_of_this_detector() -> None:
    assert 12 <= len(DriftDetector.signals) <= 40
    assert all(signal.feature and signal.threshold == 1.0 for signal in DriftDetector.signals)
    assert all(signal.name.startswith("drift.") for signal in DriftDetector.signals)


def test_records_are_scored_in_order() -> None:
    records = [Record(record_id=str(i), output=PLAIN * (i + 1)) for i in range(3)]
    lengths = [scores.scores["drift.length"] for scores in DriftDetector().score(Batch(records))]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) == 3


@given(sketches, sketches)
def test_merging_commutes(a: Sketch, b: Sketch) -> None:
    assert a.merge(b) == b.merge(a)


@given(sketches, sketches, sketches)
def test_merging_associates(a: Sketch, b: Sketch, c: Sketch) -> None:
    left, right = a.merge(b).merge(c), a.merge(b.merge(c))
    assert (left.n, left.counts) == (right.n, right.counts)
    assert left.total == pytest.approx(right.total)
    assert left.squares == pytest.approx(right.squares)


@given(st.lists(values), st.integers(0, 100))
def test_a_merge_is_the_sketch_of_all_values(taken: list[float], cut: int) -> None:
    merged = sketch_of(taken[:cut]).merge(sketch_of(taken[cut:]))
    assert merged.n == len(taken) == sum(merged.counts)
    assert merged.counts == sketch_of(taken).counts
    assert merged.mean == pytest.approx(sum(taken) / len(taken) if taken else 0.0)


@given(sketches)
def test_the_empty_sketch_changes_nothing(sketch: Sketch) -> None:
    assert sketch.merge(Sketch()) == sketch


def test_merging_leaves_its_parts_alone() -> None:
    a, b = sketch_of([0.1]), sketch_of([0.9])
    a.merge(b)
    assert (a, b) == (sketch_of([0.1]), sketch_of([0.9]))


@given(values, st.integers(0, 50))
def test_adding_n_times_is_adding_one_by_one(value: float, n: int) -> None:
    at_once = Sketch()
    at_once.add(value, n)
    one_by_one = sketch_of([value] * n)
    assert at_once.counts == one_by_one.counts
    assert at_once.total == pytest.approx(one_by_one.total)


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), float("inf")])
def test_values_outside_the_range_are_refused(value: float) -> None:
    sketch = Sketch()
    with pytest.raises(ValueError, match="in \\[0, 1\\]"):
        sketch.add(value)
    assert sketch == Sketch()


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Sketch().add(0.5, -1)


@given(sketches)
def test_a_sketch_survives_messagepack_as_an_array(sketch: Sketch) -> None:
    data = msgspec.msgpack.encode(sketch)
    assert isinstance(msgspec.msgpack.decode(data), list)
    assert msgspec.msgpack.decode(data, type=Sketch) == sketch


@pytest.mark.parametrize(
    "data",
    [
        pytest.param([1, 0.5, 0.25, [1]], id="too few bins"),
        pytest.param([3, 0.5, 0.25, [1] + [0] * 19], id="counts don't add up"),
        pytest.param([0, 0.0, 0.0, [1, -1] + [0] * 18], id="a negative count"),
    ],
)
def test_a_broken_sketch_is_refused(data: list[object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(data, Sketch)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(drawn(1, 500, 0.4), drawn(2, 200, 0.6), id="the mean rises"),
        pytest.param(drawn(1, 500, 0.6), drawn(2, 200, 0.4), id="the mean falls"),
        pytest.param(rare(2, 1000), rare(20, 200), id="a rare value becomes frequent"),
        pytest.param(rare(500, 1000), rare(0, 200), id="a frequent value vanishes"),
        pytest.param(rare(0, 1000), rare(200, 200), id="all becomes none"),
        pytest.param(drawn(1, 5000, 0.4), drawn(2, 5000, 0.46), id="moderate, in many records"),
    ],
)
def test_a_change_is_found(before: Sketch, after: Sketch) -> None:
    drift = compare({"toxicity.insult": before}, {"toxicity.insult": after})
    assert drift.score > 0.5
    assert drift.features[0].p_value < 1e-3
    assert (drift.features[0].effect > 0) == (after.mean > before.mean)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(drawn(1, 500, 0.4), drawn(2, 200, 0.4), id="the same distribution"),
        pytest.param(rare(10, 1000), rare(0, 200), id="a rare value not seen"),
        pytest.param(rare(0, 1000), rare(1, 200), id="a new value once"),
        pytest.param(rare(0, 1000), rare(0, 200), id="nothing on either side"),
        pytest.param(drawn(1, 29, 0.1), drawn(2, 5000, 0.9), id="too small a baseline"),
        pytest.param(drawn(1, 5000, 0.1), drawn(2, 29, 0.9), id="too small a window"),
        pytest.param(
            rare(100_000, 1_000_000), rare(104_000, 1_000_000), id="a trifle in a million records"
        ),
    ],
)
def test_no_change_stays_quiet(before: Sketch, after: Sketch) -> None:
    assert compare({"x.y": before}, {"x.y": after}).score < 0.5


def test_random_windows_of_the_same_answers_stay_quiet() -> None:
    source = random.Random(7)
    signals = [f"drift.{i}" for i in range(25)]
    alarms = 0
    for _ in range(200):
        before, after = (
            {s: sketch_of([source.betavariate(0.4, 3) for _ in range(n)]) for s in signals}
            for n in (150, 60)
        )
        alarms += compare(before, after).score > 0.5
    assert alarms == 0


def test_many_small_style_changes_add_up() -> None:
    names = [f"drift.{i}" for i in range(25)]
    before = {name: drawn(i, 400, 0.45) for i, name in enumerate(names)}
    after = {name: drawn(100 + i, 200, 0.485) for i, name in enumerate(names)}
    alone = compare({names[3]: before[names[3]]}, {names[3]: after[names[3]]})
    assert alone.score < 0.5
    assert compare(before, after).score > 0.5


def worded(seed: int, count: int, shift: float) -> dict[str, Sketch]:
    """Habits of answers that share half their variance in one direction."""
    source = random.Random(seed)
    found = {name: Sketch() for name in WORDING}
    for _ in range(count):
        common = source.gauss(0.0, 0.06)
        for sketch in found.values():
            value = 0.5 + common + source.gauss(shift, 0.11)
            sketch.add(min(1.0, max(0.0, value)))
    return found


def test_small_changes_of_habits_add_up() -> None:
    before, after = worded(1, 300, 0.0), worded(2, 200, 0.0)
    for number, name in enumerate(WORDING):
        after[name] = worded(3 + number, 200, 0.035 if number % 2 else -0.035)[name]
    assert compare(before, after).score > 0.5
    assert compare({WORDING[0]: before[WORDING[0]]}, after).score < 0.5


def test_habits_that_vary_together_stay_quiet() -> None:
    pairs = ((worded(seed, 150, 0.0), worded(seed + 1000, 100, 0.0)) for seed in range(150))
    assert sum(compare(before, after).score > 0.5 for before, after in pairs) == 0


def test_habits_come_after_what_a_reader_understands() -> None:
    before = worded(1, 200, 0.0) | {"drift.commas": drawn(1, 200, 0.5), "x": drawn(2, 200, 0.5)}
    after = worded(2, 200, 0.2) | {"drift.commas": drawn(3, 200, 0.52), "x": drawn(4, 200, 0.5)}
    drift = compare(before, after)
    assert drift.score > 0.5
    assert {shift.signal for shift in drift.features[:2]} == {"drift.commas", "x"}
    assert drift.features[2].words.startswith("habits of wording (")


def test_a_baseline_without_habits_is_still_judged() -> None:
    before = {"drift.commas": drawn(1, 300, 0.4)}
    after = worded(1, 300, 0.0) | {"drift.commas": drawn(2, 300, 0.6)}
    drift = compare(before, after)
    assert drift.score > 0.5
    assert [shift.signal for shift in drift.features] == ["drift.commas"]


@pytest.mark.parametrize("count", [2, 3, 8, 25])
@pytest.mark.parametrize("tail", [evenly_spread, unevenly_spread])
def test_the_more_change_the_less_likely(tail: object, count: int) -> None:
    assert callable(tail)
    chances = [tail(squares, count) for squares in (0.0, count / 2, count, 3 * count, 9 * count)]
    assert chances == sorted(chances, reverse=True)
    assert all(0.0 <= chance <= 1.0 for chance in chances)
    assert chances[0] > 0.9 > 0.6 > chances[2] > 0.2 > 0.05 > chances[-1]


def test_chance_of_unevenly_spread_habits_is_that_of_draws() -> None:
    # Shares of 0.22 and 0.16 of eight habits' variance, and the rest evenly.
    source = np.random.default_rng(0)
    spectrum = np.array([1.76, 1.28, *[4.96 / 6] * 6])
    sums = source.standard_normal((200_000, 8)) ** 2 @ spectrum
    for squares in (15.0, 25.0, 32.0):
        seen = float(np.mean(sums > squares))
        assert seen / 1.5 < unevenly_spread(squares, 8) < seen * 1.5


def test_only_signals_on_both_sides_count() -> None:
    same = drawn(1, 100, 0.5)
    drift = compare({"a": same, "b": same}, {"b": same, "c": same})
    assert [shift.signal for shift in drift.features] == ["b"]


def test_nothing_to_compare_is_no_drift() -> None:
    drift = compare({}, {"a": drawn(1, 100, 0.5)})
    assert (drift.score, drift.p_value, drift.features) == (0.0, 1.0, [])


def test_the_strongest_change_comes_first() -> None:
    before = {"a": drawn(1, 300, 0.5), "b": drawn(2, 300, 0.5), "c": drawn(3, 300, 0.5)}
    after = {"a": drawn(4, 300, 0.5), "b": drawn(5, 300, 0.7), "c": drawn(6, 300, 0.58)}
    assert [shift.signal for shift in compare(before, after).features] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("signal", "before", "after", "words"),
    [
        pytest.param("drift.length", 50, 500, "answers 10.0 times longer", id="longer"),
        pytest.param("drift.length", 500, 50, "answers 10.0 times shorter", id="shorter"),
        pytest.param("toxicity.insult", 0.25, 0.5, "mean score up from 0.25 to 0.50", id="score"),
        pytest.param("drift.commas", 0.5, 0.25, "commas per word: down", id="style"),
    ],
)
def test_changes_are_put_in_words(signal: str, before: float, after: float, words: str) -> None:
    if signal == "drift.length":
        before, after = (features_of("x" * int(n))["length"] for n in (before, after))
    one, other = Sketch(), Sketch()
    one.add(before, 100)
    other.add(after, 100)
    assert compare({signal: one}, {signal: other}).features[0].words.startswith(words)


@given(st.dictionaries(st.sampled_from(["drift.a", "drift.b", "pii.any"]), sketches))
def test_a_window_never_drifts_from_itself(window: dict[str, Sketch]) -> None:
    assert compare(window, window).score < 0.5


@given(
    st.lists(st.integers(0, 60), min_size=20, max_size=20),
    st.lists(st.integers(0, 60), min_size=20, max_size=20),
)
def test_the_answer_is_in_range_and_symmetric(one: list[int], other: list[int]) -> None:
    a, b = Sketch(sum(one), 0.0, 0.0, one), Sketch(sum(other), 0.0, 0.0, other)
    drift, back = compare({"x": a}, {"x": b}), compare({"x": b}, {"x": a})
    assert 0.0 <= drift.score <= 1.0
    assert 0.0 <= drift.p_value <= 1.0
    assert drift.p_value == pytest.approx(back.p_value, rel=0.05, abs=1e-12)


@pytest.mark.parametrize(
    ("seen", "expected_ones"),
    [
        pytest.param(5, 10, id="five of fifteen in a sixth"),
        pytest.param(9, 1, id="nine of ten in a sixth"),
        pytest.param(0, 10, id="none of ten in a sixth"),
        pytest.param(25, 5, id="twenty-five of thirty in a sixth"),
    ],
)
def test_p_values_of_rare_events_are_near_fishers_exact_ones(seen: int, expected_ones: int) -> None:
    window, baseline = 200, 1000
    ones, everything = seen + expected_ones, window + baseline
    ways = [comb(ones, k) * comb(everything - ones, window - k) for k in range(ones + 1)]
    exact = 2 * min(sum(ways[seen:]), sum(ways[: seen + 1])) / comb(everything, window)
    drift = compare({"x": rare(expected_ones, baseline)}, {"x": rare(seen, window)})
    assert exact / 1.5 < drift.features[0].p_value < exact * 1.5


def test_a_baseline_survives_json() -> None:
    baseline = Baseline(
        deployment="support",
        model_version="2024-05",
        records=2,
        created=1_700_000_000.0,
        sketches=sketches_of([{"drift.length": 0.5, "pii.any": 0.0}, {"drift.length": 0.75}]),
    )
    data = baseline_to_json(baseline)
    assert baseline_from_json(data) == baseline
    assert baseline_to_json(baseline_from_json(data)) == data
    assert baseline.sketches["drift.length"].n == 2


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"deployment": 3}'])
def test_a_wrong_baseline_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        baseline_from_json(data)


def test_a_comparison_can_be_written_as_json() -> None:
    before, after = Sketch(), Sketch()
    for number in range(100):
        before.add(number / 200)
        after.add(0.5 + number / 200)
    drift = compare({"drift.length": before, "x": before}, {"drift.length": after, "x": after})
    assert json.loads(msgspec.json.encode(drift))["score"] == drift.score > 0.5
