"""Silences: which incidents nobody is paged for, for how long, and by whose word.

Plain functions over values. A silence hides an incident where all its matchers match. Of several
rules that an incident breaks all must match, since one that nobody silenced is news. A critical
incident is hidden only by a silence that says so and names it, or its rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import re2

from streams.incidents.acts_text import is_mailbox, private_kind
from streams.incidents.states import OPEN
from streams.records import Incident, Matcher, Silence
from streams.suggest import suggestion
from streams.words import moment

LONGEST_S = 90 * 86_400.0
"""A silence that nobody remembers hides what nobody expects."""

MOST_MATCHERS = 20
LONGEST_REASON = 500
_LONGEST_VALUE = 200
_MARK = b'"silence_id"'
_decoder = msgspec.json.Decoder(Silence)
_FIELDS = ("deployment", "rule", "kind", "severity", "incident")
_WRITTEN = re.compile(r"\s*(?P<name>[^=!~\s]*)\s*(?P<op>=~|!~|!=|=)\s*(?P<value>.*)", re.DOTALL)


def parse_matcher(text: str) -> Matcher:
    """A matcher as people write it, such as `deployment=support-bot` or `rule=~"leak-.*"`.

    Raises `ValueError` with what is wrong and what to do.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError("a matcher is written name=value, name!=value, name=~regex or name!~regex")
    name, value = found["name"], found["value"].strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    if name not in _FIELDS:
        hint = suggestion(name, _FIELDS, f"There are: {', '.join(_FIELDS)}", shown="{}")
        raise ValueError(f"a matcher can't be on that. {hint}")
    made: Any = {"name": name, "op": found["op"], "value": value}
    matcher = Matcher(**made)
    wrong = _matcher_problem(matcher)
    if wrong:
        raise ValueError(wrong)
    return matcher


def read_silence(value: bytes | None) -> Silence | None:
    """The silence in a message of `llm.acts`; None where it is none, or can't be read."""
    if value is None or _MARK not in value:
        return None
    try:
        return _decoder.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def written(matcher: Matcher) -> str:
    """A matcher as people write it."""
    return f'{matcher.name}{matcher.op}"{matcher.value}"'


def problem(silence: Silence) -> str:
    """Why a silence can't be, in words that quote none of it; "" if it can."""
    if not silence.silence_id.strip() or len(silence.silence_id) > _LONGEST_VALUE:
        return "it has no id"
    if not silence.reason.strip():
        return "it needs a reason"
    if not silence.author.strip():
        return "it doesn't say who silences"
    if len(silence.reason) > LONGEST_REASON or len(silence.author) > _LONGEST_VALUE:
        return f"its reason has more than {LONGEST_REASON} characters, or a name more than 200"
    if kind := private_kind(silence.reason):
        return f"its reason holds what looks like {kind}. Say it without"
    kind = private_kind(silence.author)
    if kind and not is_mailbox(silence.author):
        return f"its author's name holds what looks like {kind}. Set OUTWATCH_ACTOR to another"
    for matcher in silence.matchers:
        if kind := private_kind(matcher.value):
            return f"what it matches holds what looks like {kind}. Give it as outwatch shows it"
    if not 1 <= len(silence.matchers) <= MOST_MATCHERS:
        return f"it needs from 1 to {MOST_MATCHERS} matchers"
    for matcher in silence.matchers:
        if wrong := _matcher_problem(matcher):
            return wrong
    if not any(_positive(one) for one in silence.matchers):
        return "it would hide everything: one matcher must ask for something, such as kind=drift"
    times = (silence.at, silence.starts_at, silence.ends_at)
    if not all(0 <= at < 1e11 for at in times):
        return "a time in it is none"
    if silence.ends_at < silence.starts_at:
        return "it ends before it starts"
    if silence.ends_at - silence.starts_at > LONGEST_S:
        return f"it is for more than {LONGEST_S / 86_400:.0f} days"
    if silence.critical and not names_one(silence):
        return (
            "a critical incident is hidden by name only: add incident=ID, or rule=ID of the rule "
            "(with =, which takes no pattern)"
        )
    return ""


def names_one(silence: Silence) -> bool:
    """Whether it names an incident, or a rule, rather than whatever fits a pattern."""
    return any(one.op == "=" and one.name in ("incident", "rule") for one in silence.matchers)


def state_of(silence: Silence, now: float) -> str:
    """`pending`, `active` or `expired`, as in Alertmanager."""
    if now >= silence.ends_at:
        return "expired"
    return "pending" if now < silence.starts_at else "active"


def hides(silence: Silence, incident: Incident, now: float) -> bool:
    """Whether nobody is paged for an incident now, by this silence."""
    return silence.starts_at <= now < silence.ends_at and fits(silence, incident)


def fits(silence: Silence, incident: Incident) -> bool:
    """Whether a silence is about an incident as it stands, whenever it is in force."""
    if incident.severity == "critical" and not (silence.critical and names_one(silence)):
        return False
    return all(_matches(one, incident) for one in silence.matchers)


def hidden_by(silences: Iterable[Silence], incident: Incident, now: float) -> Silence | None:
    """The silence that hides an incident now, the one that ends last; None where none does."""
    found = [one for one in silences if hides(one, incident, now)]
    return max(found, key=lambda one: (one.ends_at, one.silence_id), default=None)


def last_end(silences: Iterable[Silence], incident: Incident, now: float) -> float:
    """When the last of the silences ended that were about an incident; -inf where none did."""
    return max(
        (one.ends_at for one in silences if one.ends_at <= now and fits(one, incident)),
        default=float("-inf"),
    )


def hidden_now(silence: Silence, incidents: Iterable[Incident], now: float) -> list[Incident]:
    """The incidents that aren't over and that a silence hides now."""
    return [one for one in incidents if one.state in OPEN and hides(silence, one, now)]


def spared(silence: Silence, incidents: Iterable[Incident], now: float) -> list[Incident]:
    """The critical incidents that a silence would hide now, if it were a critical one that names
    them."""
    return [
        one
        for one in incidents
        if one.state in OPEN
        and one.severity == "critical"
        and silence.starts_at <= now < silence.ends_at
        and not hides(silence, one, now)
        and all(_matches(matcher, one) for matcher in silence.matchers)
    ]


def said(silence: Silence) -> str:
    """A silence in words that follow "silenced"."""
    return f"until {moment(silence.ends_at)} by {silence.author}: {silence.reason}"


def _matches(matcher: Matcher, incident: Incident) -> bool:
    values = _values(matcher.name, incident)
    if matcher.op in ("=", "=~"):
        every = [_one(matcher, value) for value in values]
        # By any of its ids; but of its rules by each.
        return bool(every) and (any(every) if matcher.name == "incident" else all(every))
    return not any(_one(matcher, value) for value in values)


def _values(name: str, incident: Incident) -> Sequence[str]:
    if name == "rule":
        return [one.rule for one in incident.rules]
    if name == "incident":
        return [incident.id, incident.page_key, *incident.replaces]
    if name == "deployment":
        return [incident.group.get("deployment", "")]
    return [incident.playbook if name == "kind" else incident.severity]


def _one(matcher: Matcher, value: str) -> bool:
    if matcher.op in ("=", "!="):
        return value == matcher.value
    pattern = _pattern(matcher.value)
    return pattern is not None and pattern.fullmatch(value) is not None


def _positive(matcher: Matcher) -> bool:
    """Whether it asks for something: what takes an empty value takes everything."""
    return matcher.op in ("=", "=~") and not _one(matcher, "")


def _matcher_problem(matcher: Matcher) -> str:
    if len(matcher.value) > _LONGEST_VALUE:
        return f"a matcher's value has more than {_LONGEST_VALUE} characters"
    if matcher.op in ("=~", "!~") and _pattern(matcher.value) is None:
        return f"the pattern on {matcher.name} is no regular expression (RE2)"
    return ""


@lru_cache(maxsize=500)
def _pattern(text: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error:
        return None
