"""An attack's text as it may be kept: its wording stands, what is anybody's own doesn't.

What detectors find is replaced by its kind, and so is all that is no common word
(`streams.scoring.showing`), as in excerpts: people's names, numbers, codes and addresses become
`[name]`, `[number]`, `[hidden]`, `[address]`. The vocabulary of attacks stands (`words.txt`).
Lines stay lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from detectors import Batch, Detector, Finding, Record
from streams.config.settings import Settings
from streams.incidents.acts_text import without_private
from streams.museum.entry import MOST_CHARS
from streams.scoring.masking import identifies
from streams.scoring.showing import shown
from streams.scoring.signals import chosen_detectors, create_detector

_ALWAYS = ("pii", "secrets")
_CUT = "\n[cut]\n"


class Masker:
    """Masks texts by all detectors of the settings that find what identifies or unlocks, and by
    those of personal data and secrets in any case."""

    def __init__(self, settings: Settings) -> None:
        names = dict.fromkeys((*_ALWAYS, *chosen_detectors(settings)))
        made = [create_detector(settings, name) for name in names]
        self._detectors: list[Detector] = [
            one for one in made if any(identifies(signal.name) for signal in one.signals)
        ]
        for one in self._detectors:
            one.load()

    def mask(self, text: str, system_prompt: str | None = None) -> str:
        """The text as it may be kept; of a longer one its beginning and its end."""
        if len(text) > MOST_CHARS:
            text = text[: MOST_CHARS * 3 // 4] + _CUT + text[-MOST_CHARS // 4 :]
        record = Record(record_id="museum", output=text, system_prompt=system_prompt)
        findings = [
            finding
            for detector in self._detectors
            for scores in detector.score(Batch([record]))
            for finding in scores.findings
        ]
        return masked(text, findings)


def masked(text: str, findings: Sequence[Finding]) -> str:
    """The text with kinds in place of what was found, and of all that may not be shown."""
    covered = sorted(
        {
            (one.start, one.end, one.kind)
            for one in findings
            if identifies(one.signal) and one.end > one.start
        },
        key=lambda one: (one[0], -one[1]),
    )
    kept = attack_words()
    lines: list[str] = []
    start = 0
    for line in text.splitlines(keepends=True) or [""]:
        end = start + len(line)
        here = [one for one in covered if one[0] < end and one[1] > start]
        lines.append(shown(text, start, end, here, kept=kept, kinds=True))
        start = end
    return without_private("\n".join(lines)).strip()


@cache
def attack_words() -> frozenset[str]:
    """Words that attacks are made of, and that no list of common words has; nobody's names."""
    lines = files("streams.museum").joinpath("words.txt").read_text().splitlines()
    return frozenset(
        word for line in lines if not line.startswith("#") for word in line.lower().split()
    )
