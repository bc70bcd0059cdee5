"""Exclusions: records that look like a false alarm, and so don't count as one again.

An exclusion is of one signal, in named deployments, where the findings are of named kinds, the
masked excerpt is like one of the examples, or both. It has an owner, a reason and an end, after
which what it left out counts again. A record that is excluded was still judged, and stands in its
verdict with its score; rules take it for one that scored 0.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import yaml

from streams.config.paths import shown_path
from streams.config.yamlfile import Located, parse_yaml, read_yaml
from streams.errors import RulesError
from streams.labels.alike import FEWEST_WORDS, likeness, words_of
from streams.records import VerdictRow
from streams.rules.values import Values, nearest

ALIKE = 0.6
"""The share of words that a masked excerpt has in common with an example, unless another is
given."""

MOST_DAYS = 366
"""How far ahead its end may be, in days."""

MOST_EXAMPLES = 20
_DAY_S = 86_400.0
_MOST = 200
_LONGEST = 2_000
_KEYS = (
    "id", "signal", "deployments", "kinds", "like", "alike", "owner", "reason", "expires",
    "incident",
)  # fmt: skip
_SETTING = "the file that `exclusions` (OUTWATCH_EXCLUSIONS) names"


class Exclusion(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One exclusion. `deployments` are globs.

    With `kinds` every finding of the signal must be of one of these; with `like` the share of words
    that the masked excerpt has in common with one of the examples must be `alike` at least, in
    (0, 1]. Records from `expires` on, in seconds since the epoch, count again. `incident` is the
    one that it was drafted from.
    """

    id: str
    signal: str
    deployments: tuple[str, ...]
    owner: str
    reason: str
    expires: float
    kinds: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    alike: float = ALIKE
    incident: str = ""

    @cached_property
    def examples(self) -> tuple[frozenset[str], ...]:
        """The words of each example."""
        return tuple(words_of(one) for one in self.like)

    def meant(self, deployment: str) -> bool:
        """Whether it holds in a deployment."""
        return any(fnmatchcase(deployment, glob) for glob in self.deployments)

    def expired(self, now: float) -> bool:
        """Whether it is over; `now` in seconds since the epoch."""
        return now >= self.expires

    def covers(self, row: VerdictRow, words: frozenset[str]) -> bool:
        """Whether it holds of a record's score; `words` are those of its excerpt.

        A row that came without excerpt and findings, as out of an export, is covered where the
        worker that scored it marked it so.
        """
        if self.expired(row.event_time) or not row.scores.get(self.signal, 0.0) > 0.0:
            return False
        if not row.excerpt and not row.findings and row.excluded:
            return row.excluded.get(self.signal) == self.id
        if self.kinds:
            found = {one.kind for one in row.findings if one.signal == self.signal}
            if not found or row.more_findings or not found <= set(self.kinds):
                return False
        return not self.like or any(likeness(words, one) >= self.alike for one in self.examples)


def load_exclusions(path: Path | str, called: str = _SETTING) -> tuple[Exclusion, ...]:
    """Reads a file of exclusions. Raises `RulesError` naming the line, the mistake and the
    remedy."""
    return _read(read_yaml(Path(path), RulesError, shown_path(path, called)))


def parse_exclusions(text: str, name: str = "exclusions") -> tuple[Exclusion, ...]:
    """Exclusions from YAML text. Raises `RulesError`."""
    return _read(parse_yaml(text, name, RulesError))


def written_exclusions(exclusions: Iterable[Exclusion]) -> str:
    """A file that reads as these exclusions; "[]" for none."""
    listed = [_written(one) for one in exclusions]
    return str(yaml.safe_dump(listed, sort_keys=False, allow_unicode=True, width=100))


def in_words(one: Exclusion) -> str:
    """What an exclusion leaves out, in a few words."""
    kinds = f" of kind {' or '.join(one.kinds)}" if one.kinds else ""
    like = (
        f", {one.alike:.0%} of words as in {len(one.like)} "
        f"{'example' if len(one.like) == 1 else 'examples'}"
        if one.like
        else ""
    )
    return f"{one.signal}{kinds} in {', '.join(one.deployments)}{like}"


def _written(one: Exclusion) -> Mapping[str, Any]:
    moment = datetime.fromtimestamp(one.expires, UTC)
    whole_day = moment.time() == datetime.min.time()
    fields: dict[str, Any] = {
        "id": one.id,
        "signal": one.signal,
        "deployments": list(one.deployments),
        "kinds": list(one.kinds),
        "like": list(one.like),
        "alike": one.alike,
        "owner": one.owner,
        "reason": one.reason,
        "expires": moment.date() if whole_day else moment,
        "incident": one.incident,
    }
    if not one.like:
        del fields["alike"]
    return {key: value for key, value in fields.items() if value not in ([], "")}


def _read(located: Located) -> tuple[Exclusion, ...]:
    data = [] if located.data is None else located.data
    if not isinstance(data, list):
        remedy = 'Start each exclusion with "- id: …", or write [] for none.'
        raise RulesError(
            located.name, located.line("$"), "the file must be a list of exclusions", remedy
        )
    if len(data) > _MOST:
        raise RulesError(located.name, None, f"more than {_MOST} exclusions", "Remove some.")
    made: dict[str, Exclusion] = {}
    for number, given in enumerate(data):
        if not isinstance(given, dict):
            where = located.line(f"$[{number}]")
            remedy = 'Start each exclusion with "- id: …".'
            raise RulesError(located.name, where, "an exclusion must be a mapping", remedy)
        values = Values(located, f"$[{number}]", given)
        one = _exclusion(values)
        if one.id in made:
            values.fail("id", "this id stands above already", "Give each one of its own.")
        made[one.id] = one
    return tuple(made.values())


def _exclusion(values: Values) -> Exclusion:
    for key in values.given:
        if key not in _KEYS:
            values.fail(str(key), "unknown key", nearest(str(key), _KEYS))
    for key in ("id", "signal", "deployments", "owner", "reason", "expires"):
        if key not in values.given:
            values.fail("", f"the exclusion has no {key}", f"Add a line `{key}: …`.")
    signal = values.text("signal", "", 250)
    if any(char in signal for char in "*?[ "):
        remedy = "Write an exclusion for each signal, such as refusal.full."
        values.fail("signal", "an exclusion is of one signal", remedy)
    kinds = values.texts("kinds", "") if "kinds" in values.given else ()
    like = values.texts("like", "") if "like" in values.given else ()
    if not kinds and not like:
        remedy = "Add `like` with masked excerpts, or `kinds`. To hear nothing, change the rule."
        values.fail("", "the exclusion says nothing of what it leaves out", remedy)
    if len(like) > MOST_EXAMPLES:
        values.fail("like", f"more than {MOST_EXAMPLES} examples", "Keep the most different ones.")
    for number, example in enumerate(like):
        if len(example) > _LONGEST or len(words_of(example)) < FEWEST_WORDS:
            problem = f"an example has {FEWEST_WORDS} different words, in {_LONGEST:,} characters"
            remedy = "Copy a masked excerpt of a record that is to be left out."
            values.fail(f"like[{number}]", problem, remedy)
    alike = values.share("alike", ALIKE)
    if alike < 0.3:
        values.fail("alike", "alike must be 0.3 at least", "Less is like nearly everything.")
    return Exclusion(
        id=values.name("id"),
        signal=signal,
        deployments=values.globs("deployments"),
        owner=values.text("owner", "", 120),
        reason=values.text("reason", "", 500),
        expires=_expires(values),
        kinds=kinds,
        like=like,
        alike=alike,
        incident=values.text("incident", "-", 120) if "incident" in values.given else "",
    )


def _expires(values: Values) -> float:
    given = values.given["expires"]
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        moment = None
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    if not isinstance(moment, datetime):
        values.fail("expires", "expires must be a date", "Write it like 2027-02-28.")
    expires = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    # The day on which the command is given counts too, wherever on earth it is that day.
    if expires > time.time() + (MOST_DAYS + 2) * _DAY_S:
        remedy = "Give an earlier day, and renew it then if it still holds."
        values.fail("expires", f"expires is more than {MOST_DAYS} days ahead", remedy)
    return expires
