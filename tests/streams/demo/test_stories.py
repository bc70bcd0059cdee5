"""The stories: each opens its incident with the default rules, and nothing else does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from detectors import Detector, Record, RecordVerdict, Suite
from streams.config.settings import Settings
from streams.demo import stories
from streams.demo.play import STORY_SPEED, story_traffic, write_story
from streams.demo.samples import START
from streams.demo.stories.check import found, opened, replayed, settings_for
from streams.errors import ConfigError, UsageError
from streams.offline.replay import ReplayResult, score_lines, verdicts_of
from streams.records import Output
from streams.rules.load import default_rules
from streams.scoring.scorer import Scorer, ScoringOptions

NAMES = stories.names()
TWELVE = {
    "haiku",
    "falls-in-love",
    "product-placement",
    "manipulation",
    "training-data",
    "escape",
    "journalist-threat",
    "one-dollar-car",
    "slow-sarcasm",
    "invented-papers",
    "dan-party",
    "customer-data",
}
each_story = pytest.mark.parametrize("name", NAMES)
each_seed = pytest.mark.parametrize("seed", [1, 2])


class Remembering(Suite):
    """Judges each answer once, however many streams hold it."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        super().__init__(detectors)
        self._known: dict[tuple[str, str], RecordVerdict] = {}

    def score(self, records: Sequence[Record]) -> list[RecordVerdict]:
        new = [one for one in records if (one.record_id, one.output) not in self._known]
        found = super().score(new) if new else []
        for one, verdict in zip(new, found, strict=True):
            self._known[one.record_id, one.output] = verdict
        return [self._known[one.record_id, one.output] for one in records]


class Judge:
    """Replays stories with the default rules; the canaries of all are planted throughout."""

    def __init__(self, folder: Path) -> None:
        self.settings = settings_for("training-data", folder)
        scorer = Scorer(ScoringOptions.from_settings(self.settings))
        self.scorer = Scorer(scorer.options, Remembering(scorer.suite.detectors))

    def replay(self, name: str, seed: int, *, alone: bool = False) -> ReplayResult:
        lines = stories.stream(name, seed, alone=alone)
        result = replayed(lines, self.settings, default_rules(), self.scorer)
        assert (result.scored, result.dead) == (len(lines), {})
        return result

    def found(self, name: str) -> tuple[int, int]:
        lines = [line.line(START) for line in stories.stream(name)]
        chunks = score_lines(lines, self.settings, scorer=self.scorer)
        rows = [row for chunk in chunks for batch in verdicts_of(chunk) for row in batch.rows]
        return found(name, default_rules(), rows)


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(tmp_path_factory.mktemp("stories"))


def test_the_twelve_are_there() -> None:
    assert set(NAMES) == TWELVE


@each_seed
@each_story
def test_a_story_opens_its_incident_and_no_other(judge: Judge, name: str, seed: int) -> None:
    told = stories.load(name)
    result = judge.replay(name, seed)
    assert opened(result) == [(told.deployment, told.playbook, told.severity)]
    (incident,) = result.incidents
    assert told.rule in {one.rule for one in incident.rules}
    begins = START + stories.seconds(told.starts)
    # The first record affected may be a stray one of before, in a window that broke the rule.
    assert begins - incident.window_seconds <= incident.first_seen
    assert incident.first_seen <= begins + stories.seconds(told.lasts)


@each_seed
@each_story
def test_the_traffic_around_it_opens_nothing(judge: Judge, name: str, seed: int) -> None:
    assert judge.replay(name, seed, alone=True).incidents == []


@each_story
def test_some_answers_are_found_and_the_rest_are_told_all_the_same(judge: Judge, name: str) -> None:
    above, told = judge.found(name)
    assert 2 <= above <= told == len(stories.load(name).answers)


@each_story
def test_a_story_meets_several_users_and_tenants(name: str) -> None:
    told = stories.load(name)
    assert 20 <= len(told.answers) <= 40
    own = stories.told(name)
    assert len({one["user"] for one in own}) >= 10
    assert len({one["tenant"] for one in own}) == 3
    assert len({one["output"] for one in own}) == len(own)
    assert {one["deployment"] for one in own} == {told.deployment}


@each_story
def test_a_stream_is_in_order_whole_and_the_same_for_one_seed(name: str) -> None:
    lines = stories.stream(name)
    offsets = [line.offset for line in lines]
    assert offsets == sorted(offsets)
    assert 0 <= offsets[0] <= offsets[-1] <= stories.LENGTH
    outputs = [msgspec.json.decode(line.line(START), type=Output) for line in lines]
    assert len({one.record_id for one in outputs}) == len(outputs)
    assert not any("{{" in one.output for one in outputs)
    assert stories.stream(name) == lines != stories.stream(name, 2)


@pytest.mark.parametrize("seed", range(1, 11))
@each_story
def test_every_answer_of_a_story_is_told_whatever_the_seed(name: str, seed: int) -> None:
    ids = [line.data["record_id"] for line in stories.stream(name, seed)]
    count = len(stories.load(name).answers)
    told = [one for one in ids if one.startswith(f"{name}-")]
    assert told == [f"{name}-{number:02d}" for number in range(1, count + 1)]


@each_story
def test_a_new_version_is_there_from_the_start_of_the_story(name: str) -> None:
    told = stories.load(name)
    starts = stories.seconds(told.starts)
    of_it = [one for one in stories.stream(name) if one.data["deployment"] == told.deployment]
    before = {one.data["model_version"] for one in of_it if one.offset < starts}
    after = {one.data["model_version"] for one in of_it if one.offset >= starts}
    assert len(before) == 1
    assert after == ({told.version} if told.version else before)


def test_a_growing_share_grows() -> None:
    own = [line.offset for line in stories.stream("slow-sarcasm") if "slow" in line.key]
    middle = (own[0] + own[-1]) / 2
    assert sum(at > middle for at in own) > 1.5 * sum(at < middle for at in own)


def test_event_times_begin_in_the_past_and_are_never_ahead() -> None:
    due = story_traffic("haiku", 1.0, 1)
    first = next(due)
    assert first.event < first.offset - stories.LENGTH + 100
    before = first
    for one in due:
        if one.offset > stories.LENGTH / STORY_SPEED + 30:
            break
        assert one.event <= one.offset + 1e-6
        assert before.event <= one.event <= before.event + 30
        before = one


def test_a_story_is_written_with_its_canaries(tmp_path: Path) -> None:
    records, options = write_story(tmp_path / "new", "training-data", 1)
    planted = Path(options["leak"]["canaries"]).read_text().split()
    assert planted == list(stories.load("training-data").canaries)
    assert len(records.read_bytes().splitlines()) == len(stories.stream("training-data"))
    assert write_story(tmp_path, "haiku", 1)[1] == {}


def test_an_unknown_story_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no story of that name\. Did you mean `haiku`"):
        stories.load("hiaku")


GOOD = (stories.FOLDER / "haiku.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("starts: 8m", "starts: soon", r":6: `starts`: is not a duration"),
        ("lasts: 8m", "lasts: 20m", r":7: `lasts`: goes on for longer"),
        ("share: 0.9", "share: 1.8", r":8: `share`: is not a share"),
        ("deployment: support-bot", "deployment: nobody", r":4: `deployment`: the samples have no"),
        ("severity: high", "severity: huge", r"`severity`: not one of the values"),
        ("rule: form-verse", "rul: form-verse", r"unknown key `rul`. Did you mean `rule`"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    path = tmp_path / "story.yaml"
    path.write_text(GOOD.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError, match=problem):
        stories.read(path)


def test_the_rules_that_stories_name_are_default_rules() -> None:
    by_id = {rule.id: rule for rule in default_rules().rules}
    for name in NAMES:
        told = stories.load(name)
        assert by_id[told.rule].playbook == told.playbook


def test_stories_are_judged_by_default_settings() -> None:
    assert settings_for("haiku", Path("x")).detector_options == Settings().detector_options


def test_the_page_on_stories_says_what_each_opens() -> None:
    page = (Path(__file__).parents[3] / "docs" / "stories.md").read_text("utf-8")
    for name in NAMES:
        told = stories.load(name)
        opens = f"`{told.rule}` | {told.playbook} ({told.severity}) |"
        assert f"| `{name}` | `{told.deployment}` | {opens}" in page
