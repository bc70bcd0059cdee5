"""Stories: ways in which a model goes wrong, each as bad answers mixed into ordinary traffic.

A story is one YAML file in this folder, named after it. `stream` mixes its answers into the
ordinary sample; the default rules open one incident from it, the one that the file names.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from math import ceil
from pathlib import Path
from typing import Any

import msgspec

from streams.config.yamlfile import convert, read_yaml
from streams.demo.samples import ORDINARY, Timed, may_identify, sample_lines
from streams.demo.samples.placeholders import fill
from streams.errors import ConfigError, UsageError
from streams.records import Severity
from streams.rules.values import seconds
from streams.suggest import suggestion

FOLDER = Path(__file__).parent

LENGTH = 1200.0
"""How long each story lasts, with the ordinary traffic around it, in seconds."""

ORDINARY_EACH = 90
"""Ordinary answers of each deployment that the story is not about."""


class StoryAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A prompt, and the answer that nobody should have got.

    `blunt` says that it was put more plainly than first written, so that detectors find it.
    """

    ask: str
    answer: str
    blunt: bool = False


class Story(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes wrong, where, when and how much, and the incident that it opens.

    From `starts` on, for `lasts` (durations such as 8m), `share` of the deployment's answers are
    the story's, in their order; with `share_at_end` that share grows evenly. `version` is the
    model version from `starts` on, where the story has a new one. `canaries` are planted.
    """

    title: str
    happens: str
    deployment: str
    starts: str
    lasts: str
    share: float
    rule: str
    playbook: str
    severity: Severity
    answers: tuple[StoryAnswer, ...]
    share_at_end: float | None = None
    version: str | None = None
    canaries: tuple[str, ...] = ()


def names() -> tuple[str, ...]:
    """The stories there are, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def load(name: str) -> Story:
    """A story by its name. Raises `UsageError` where there is none of that name."""
    if name not in names():
        hint = suggestion(name, names())
        raise UsageError(f"There is no story of that name. {hint}")
    return read(FOLDER / f"{name}.yaml")


def read(path: Path) -> Story:
    """A story from a file. Raises `ConfigError`, naming the line, where it is none."""
    located = read_yaml(path, ConfigError)
    story = convert(located, Story, ConfigError)

    def refuse(key: str, problem: str, remedy: str) -> None:
        raise ConfigError(located.name, located.line(f"$.{key}"), f"`{key}`: {problem}", remedy)

    times = {}
    for key in ("starts", "lasts"):
        try:
            times[key] = seconds(getattr(story, key))
        except ValueError:
            refuse(key, "is not a duration", "Write it as 8m or 30s")
    if times["starts"] + times["lasts"] > LENGTH:
        refuse("lasts", f"goes on for longer than the {LENGTH / 60:.0f} minutes there are",
               "Begin sooner, or end sooner")  # fmt: skip
    for key, share in (("share", story.share), ("share_at_end", story.share_at_end)):
        if share is not None and not 0 < share <= 1:
            refuse(key, "is not a share", "Write a number above 0, at most 1")
    if not story.answers:
        refuse("answers", "there are none", "Write at least one answer")
    if story.deployment not in _ordinary():
        known = ", ".join(sorted(_ordinary()))
        refuse("deployment", "the samples have no such deployment", f"There are {known}")
    return story


@cache
def _ordinary() -> dict[str, tuple[Timed, ...]]:
    """The ordinary sample's lines by deployment, less those that might hold somebody's data."""
    found: dict[str, list[Timed]] = {}
    for line in sample_lines(ORDINARY):
        if not may_identify(line.data["output"]):
            found.setdefault(line.data["deployment"], []).append(line)
    return {name: tuple(lines) for name, lines in sorted(found.items())}


def stream(name: str, seed: int = 1, *, alone: bool = False) -> list[Timed]:
    """A story's records in order of time, `LENGTH` seconds of them.

    The seed chooses ordinary answers, moments, users and invented values. With `alone` the
    story's own answers are left out. Raises `UsageError` for a name that no story has.
    """
    story = load(name)
    rng = random.Random(f"{name}:{seed}")
    lines: list[Timed] = []
    for deployment, known in _ordinary().items():
        if deployment == story.deployment:
            continue
        at = rng.randrange(len(known) - ORDINARY_EACH)
        step = LENGTH / ORDINARY_EACH
        lines += (
            Timed((number + rng.random()) * step, line.key, line.data)
            for number, line in enumerate(known[at : at + ORDINARY_EACH])
        )
    for line in _affected(name, story, rng, seed):
        if not (alone and line.data["record_id"].startswith(f"{name}-")):
            lines.append(line)
    return sorted(lines, key=lambda line: line.offset)


def told(name: str, seed: int = 1) -> list[dict[str, Any]]:
    """A story's own answers as records without times, to people that the seed chooses.

    Raises `UsageError` for a name that no story has.
    """
    story = load(name)
    known = _ordinary()[story.deployment]
    people = random.Random(f"{name}:{seed}:people").sample(known, len(known))
    return [
        _bad(name, story, number, people[number % len(people)].data, seed)
        for number in range(len(story.answers))
    ]


def detector_options(story: Story, folder: Path) -> dict[str, dict[str, Any]]:
    """Options of detectors that a story needs: its canaries, if it has any, go into `folder`."""
    if not story.canaries:
        return {}
    path = folder / "canaries.txt"
    path.write_text("\n".join(story.canaries) + "\n", "utf-8")
    return {"leak": {"canaries": str(path)}}


def _affected(name: str, story: Story, rng: random.Random, seed: int) -> Iterator[Timed]:
    """The deployment's traffic: as much before and after as while the story goes on."""
    starts, lasts = seconds(story.starts), seconds(story.lasts)
    end = story.share if story.share_at_end is None else story.share_at_end
    slots = round(len(story.answers) / ((story.share + end) / 2))
    step = lasts / slots
    shares = [story.share + (end - story.share) * (n + 0.5) / slots for n in range(slots)]
    total = sum(shares)
    due = [int(sofar / total * len(story.answers) + 0.5) for sofar in accumulate(shares)]
    known = _ordinary()[story.deployment]
    count = int(LENGTH / step)
    first = rng.randrange(len(known) - count)
    ordinary = iter(known[first : first + count])
    bad_ones = told(name, seed)
    begins = ceil(starts / step)
    before = 0
    for number in range(count):
        at = (number + rng.random()) * step
        slot = number - begins
        bad = 0 <= slot < slots and due[slot] > before
        line = next(ordinary)
        data = line.data
        key = line.key
        if bad:
            data = bad_ones[before]
            key = data["conversation_id"]
            before += 1
        if story.version is not None and at >= starts:
            data = {**data, "model_version": story.version}
        yield Timed(at, key, data)


def _bad(name: str, story: Story, number: int, person: dict[str, Any], seed: int) -> dict[str, Any]:
    """One of the story's answers, given to the user of an ordinary one in a talk of its own."""
    record_id = f"{name}-{number + 1:02d}"
    kept = ("deployment", "model", "tenant", "user", "latency_ms")
    one = story.answers[number]
    return {
        "record_id": record_id,
        **{key: person[key] for key in kept},
        "model_version": story.version or person["model_version"],
        "conversation_id": f"{name}-c{number + 1:02d}",
        "turn": 1,
        "prompt": one.ask,
        "output": fill(one.answer, f"{seed}:{record_id}"),
    }
