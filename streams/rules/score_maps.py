"""Score maps: what a detector's score means in a deployment, learned from labels.

A map is a list of points, between which scores are interpolated. It never turns an order round, and
a score of 0 stays 0. Applied where rows are counted (`streams.rules.lens`), so verdicts keep
the detectors' own scores, and taking a map out again puts those back.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import yaml

from streams.builtin_signals import PREFIXES
from streams.config.paths import shown_path
from streams.config.yamlfile import Located, parse_yaml, read_yaml
from streams.errors import RulesError
from streams.rules.values import Values, is_number, nearest

MOST_POINTS = 500
_MOST_MAPS = 1000
_KEYS = ("version", "made", "maps")
_MAP_KEYS = ("signal", "deployment", "points", "labels", "positive")
_SETTING = "the file that `score_maps` (OUTWATCH_SCORE_MAPS) names"
_NO_SCORES = ("drift.", *PREFIXES)

Point = tuple[float, float]


class ScoreMap(msgspec.Struct, frozen=True):
    """One signal's map in one deployment: `points` are (the detector's score, what it means), both
    in [0, 1], the first ascending and the second never descending.

    `labels` it was learned from, of which `positive` said yes.
    """

    signal: str
    deployment: str
    points: tuple[Point, ...]
    labels: int = 0
    positive: int = 0

    def of(self, score: float) -> float:
        """What a score means, rounded as scores in verdicts are.

        >>> ScoreMap("s", "d", ((0.2, 0.0), (0.6, 0.5))).of(0.4)
        0.25
        """
        if not score > 0.0:
            return 0.0
        at = bisect_right(self.points, score, key=lambda point: point[0])
        if at == 0:
            return self.points[0][1]
        if at == len(self.points):
            return self.points[-1][1]
        (low, least), (high, most) = self.points[at - 1], self.points[at]
        return round(least + (most - least) * (score - low) / (high - low), 4)


class ScoreMaps(msgspec.Struct, frozen=True):
    """The maps of one file. `version` counts up whenever it is written; 0 is no file. `made` is
    when, in seconds since the epoch."""

    version: int = 0
    maps: tuple[ScoreMap, ...] = ()
    made: float = 0.0

    def of(self, deployment: str) -> Mapping[str, ScoreMap]:
        """The maps of a deployment by signal."""
        return {one.signal: one for one in self.maps if one.deployment == deployment}

    def scale(self, deployment: str, hears: Callable[[str], bool]) -> str:
        """What stands for the maps of the signals that a rule hears in a deployment; "" for none.
        It is the same as long as these maps are, whatever becomes of others."""
        told = [
            (one.signal, one.points)
            for one in sorted(self.maps, key=lambda one: one.signal)
            if one.deployment == deployment and hears(one.signal)
        ]
        return hashlib.blake2b(repr(told).encode(), digest_size=6).hexdigest() if told else ""

    def with_maps(self, fresh: Iterable[ScoreMap], now: float) -> ScoreMaps:
        """The next version, in which new maps take the places of those of their signals and
        deployments."""
        made = {(one.deployment, one.signal): one for one in (*self.maps, *fresh)}
        maps = tuple(made[key] for key in sorted(made))
        return ScoreMaps(self.version + 1, maps, now)


def mappable(signal: str) -> bool:
    """Whether a map can be of a signal: one of a detector that judges, not a feature, nor what
    people say, nor what goes wrong in monitoring."""
    return not signal.startswith(_NO_SCORES) and not any(char in signal for char in "*?[ ")


def load_score_maps(path: Path | str, called: str = _SETTING) -> ScoreMaps:
    """Reads a file of maps. Raises `RulesError` naming the line, what is wrong and the remedy."""
    return _read(read_yaml(Path(path), RulesError, shown_path(path, called)))


def parse_score_maps(text: str, name: str = "score maps") -> ScoreMaps:
    """Maps from YAML text. Raises `RulesError`."""
    return _read(parse_yaml(text, name, RulesError))


def written_score_maps(maps: ScoreMaps) -> str:
    """The file, which reads as these maps."""
    body: dict[str, Any] = {"version": maps.version}
    if maps.made:
        body["made"] = datetime.fromtimestamp(maps.made, UTC).isoformat(timespec="seconds")
    body["maps"] = [
        {
            "signal": one.signal,
            "deployment": one.deployment,
            "labels": one.labels,
            "positive": one.positive,
            "points": [list(point) for point in one.points],
        }
        for one in maps.maps
    ]
    return str(yaml.safe_dump(body, sort_keys=False, allow_unicode=True, default_flow_style=None))


def _read(located: Located) -> ScoreMaps:
    name, data = located.name, located.data
    if not isinstance(data, dict) or not isinstance(data.get("maps"), list):
        remedy = "`outwatch calibrate --maps FILE` writes one."
        raise RulesError(name, located.line("$") or 1, "the file isn't one of score maps", remedy)
    whole = Values(located, "$", data)
    for key in data:
        if key not in _KEYS:
            whole.fail(key, "unknown key", nearest(str(key), _KEYS))
    version = whole.whole("version", 1, 10**9)
    if len(data["maps"]) > _MOST_MAPS:
        whole.fail("maps", f"more than {_MOST_MAPS} maps", "Remove some.")
    maps: dict[tuple[str, str], ScoreMap] = {}
    for number, given in enumerate(data["maps"]):
        values = Values(located, f"$.maps[{number}]", given)
        one = _map(values)
        if (one.deployment, one.signal) in maps:
            values.fail("signal", "there is a map of it in this deployment already", "Keep one.")
        maps[one.deployment, one.signal] = one
    return ScoreMaps(version, tuple(maps[key] for key in sorted(maps)), _made(whole))


def _made(values: Values) -> float:
    given = values.given.get("made", 0.0)
    if isinstance(given, datetime):
        return given.replace(tzinfo=given.tzinfo or UTC).timestamp()
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        moment = None
    if moment is not None:
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    if given != 0.0:
        values.fail("made", "made must be a time", "Write it like 2026-11-30T05:00:00+00:00.")
    return 0.0


def _map(values: Values) -> ScoreMap:
    for key in values.given:
        if key not in _MAP_KEYS:
            values.fail(key, "unknown key", nearest(str(key), _MAP_KEYS))
    for key in ("signal", "deployment", "points"):
        if key not in values.given:
            values.fail("", f"the map has no {key}", "Add it, or remove the map.")
    signal, deployment = values.text("signal", "", 250), values.text("deployment", "", 250)
    if not mappable(signal):
        remedy = "Name one signal of a detector, such as refusal.full."
        values.fail("signal", "this has no score that a map could be of", remedy)
    labels = values.whole("labels", 0, 10**12, 0)
    positive = values.whole("positive", 0, 10**12, 0)
    return ScoreMap(signal, deployment, _points(values), labels, positive)


def _points(values: Values) -> tuple[Point, ...]:
    given = values.given["points"]
    remedy = "Write them like [[0.1, 0.0], [0.8, 0.7]]."
    if not isinstance(given, list) or not 0 < len(given) <= MOST_POINTS:
        values.fail("points", f"points must be a list of 1 to {MOST_POINTS}", remedy)
    points: list[Point] = []
    for number, point in enumerate(given):
        key = f"points[{number}]"
        if (
            not isinstance(point, list)
            or len(point) != 2
            or not all(is_number(one) and 0.0 <= one <= 1.0 for one in point)
        ):
            values.fail(key, "a point must be two numbers in [0, 1]", remedy)
        score, meant = float(point[0]), float(point[1])
        if points and score <= points[-1][0]:
            values.fail(key, "the scores of points must ascend", "Put them in order.")
        if points and meant < points[-1][1]:
            values.fail(key, "a higher score must not mean less", "A map keeps the order.")
        points.append((score, meant))
    return tuple(points)
