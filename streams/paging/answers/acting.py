"""What was said becomes an act, by the way that acts of the command line go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec
from kafka.errors import KafkaError

from streams.config.settings import Settings
from streams.errors import UsageError
from streams.incidents.acts import told
from streams.incidents.onward import newest
from streams.incidents.sending import counted, drafted
from streams.kafka.acts import NoAnswer, Refused, incidents_now, send_act
from streams.kafka.send import NotSent
from streams.kafka.trouble import explain
from streams.paging.answers.said import Said
from streams.paging.texts import key_of
from streams.records import Act, ActResult, Incident
from streams.words import sentence

Came = Literal["applied", "refused", "unanswered", "unknown", "malformed", "unavailable"]

READ_S: Final = 10.0
"""After so many seconds without a message, reading the incidents is given up."""

ANSWER_S: Final = 1.5
"""How long the worker's answer is waited for: Slack waits three seconds in all."""

_LONGEST_KEY = 255
_TURN_S = 10.0


class Outcome(msgspec.Struct, frozen=True):
    """What came of it, in a word and in a sentence that its author may read."""

    came: Came
    words: str


class Acting:
    """Sends acts, one at a time, so that the same one twice at once is sent once.

    `trouble` says what is wrong with Kafka, "" for nothing.
    """

    def __init__(
        self, settings: Settings, trouble: Callable[[], str], answer_s: float = ANSWER_S
    ) -> None:
        self._settings = settings
        self._trouble = trouble
        self._answer_s = answer_s
        self._turn = threading.Lock()

    def act(self, said: Said) -> Outcome:
        """Sends what was said, and says what came of it.

        "unavailable": nothing counted, or that isn't known; the same request sent again counts
        once. "unanswered": it is sent, and counts as soon as a worker answers.
        """
        if self._trouble():
            return _away("Kafka doesn't answer the pager")
        if not self._turn.acquire(timeout=_TURN_S):
            return _away("too many answers come at once")
        try:
            return self._act(said)
        except (NotSent, TimeoutError, OSError):
            return _away("Kafka took it too slowly, or not at all")
        except UsageError:
            # Of a file that the settings name, such as that of a password.
            return _away("the pager can't connect to Kafka as it is set up")
        except KafkaError as failure:
            return _away(str(explain(self._settings, failure)))
        finally:
            self._turn.release()

    def _act(self, said: Said) -> Outcome:
        known = incidents_now(self._settings, READ_S)
        incident = _meant(known, said)
        if incident is None:
            return Outcome("unknown", "There is no such incident.")
        try:
            earlier = counted(known, said.act_id, incident.id, said.kind)
            if earlier is not None:
                return _result(*earlier)
            act, why = _drafted(incident, said)
        except UsageError as wrong:
            return Outcome("malformed", sentence(str(wrong)))
        if why:
            return Outcome("refused", f"{incident.id} doesn't take it: {why}.")
        try:
            return _result(*send_act(self._settings, act, self._answer_s))
        except Refused as refused:
            return Outcome("refused", str(refused))
        except NoAnswer:
            words = f"It is sent for {incident.id}, and counts as soon as a worker answers."
            return Outcome("unanswered", words)


def _meant(known: Mapping[str, Incident], said: Said) -> Incident | None:
    """The incident that somebody means, under the id as which it goes on; the last one under a
    page key."""
    if not said.by_key:
        return newest(dict(known), said.about)
    found = [
        one
        for one in known.values()
        if not one.replaced_by and key_of(one.page_key, _LONGEST_KEY) == said.about
    ]
    return max(found, key=lambda one: one.published_at, default=None)


def _drafted(incident: Incident, said: Said) -> tuple[Act, str]:
    """The act as of the revision that its author saw."""
    act, why = drafted(
        incident,
        said.kind,
        said.act_id,
        said.actor,
        said.at,
        _seen(incident, said),
        text=said.text,
    )
    # It can't speak for what came after it was said.
    since = max(0.0, incident.published_at - said.at)
    return msgspec.structs.replace(act, through=max(1.0, act.through - since)), why


def _seen(incident: Incident, said: Said) -> int:
    if said.revision is not None:
        # One that goes on under another id counts its revisions anew.
        moved = incident.id != said.about
        return min(said.revision, incident.revision) if moved else said.revision
    later = [one.revision for one in incident.acts if one.act.at > said.at]
    return min(later) - 1 if later else incident.revision


def _result(incident: Incident, result: ActResult) -> Outcome:
    if result.outcome == "refused":
        return Outcome("refused", f"{incident.id} doesn't take it: {result.why}.")
    return Outcome("applied", f"{incident.id}: {told(result)}.")


def _away(why: str) -> Outcome:
    return Outcome("unavailable", f"Nothing counted yet: {why}. Say it again.")
