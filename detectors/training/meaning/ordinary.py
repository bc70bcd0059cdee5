"""Texts that nobody wrote as examples: ordinary answers, and others to pass the encoder's view on.

Ordinary answers are halved by their ids: heads learn from the one half that they are harmless, and
thresholds come from the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from detectors._meaning.stretches import stretches
from detectors._text.spoken import spoken
from detectors.base import sentence_spans
from detectors.training.meaning.examples import ANSWERS, FOLDER
from detectors.training.sets import read_rows

ORDINARY: Final = (
    "ordinary__written",
    "hallucination_nocontext__halueval_general",
    "refusal__xstest_completions",
)
_LABELLED: Final = frozenset({"refusal__xstest_completions"})
"""Sets of which only rows labelled 0 are ordinary."""
OTHERS: Final = (
    "behaviour_persona__anthropic_persona",
    "jailbreak_response__do_not_answer_harmful",
    "toxicity__diasafety_responses",
    "toxicity__multilingual_hatecheck",
    "toxicity__surge_comments",
)
"""Of these only the words are used: the cheap heads learn what the encoder makes of them."""

_LONGEST: Final = 4_000
_EVERY: Final = 3


class Answer(NamedTuple):
    """An ordinary answer: its row's id, its text, whether heads learn from it, and its prompt."""

    id: str
    text: str
    learned: bool
    prompt: str = ""


def ordinary(data: Path) -> list[Answer]:
    """Ordinary answers, in order.

    Those written for this have no prompt, which might excuse what they sound like: heads learn from
    all of them, and no threshold comes from one.
    """
    written = [
        Answer(f"{path.stem}:{number}", line, learned=True)
        for path in sorted((FOLDER / ANSWERS).glob("*.txt"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]
    return written + [
        Answer(row["id"], row["output"], _half(row["id"]) == 0, row["prompt"] or "")
        for name in ORDINARY
        for row in read_rows(data, name)
        if name not in _LABELLED or row["label"] == 0
        if row["lang"] == "en" and len(row["output"]) <= _LONGEST
    ]


def others(data: Path) -> Iterator[str]:
    """Stretches of all kinds of texts, every third of their rows."""
    for name in OTHERS:
        for number, row in enumerate(read_rows(data, name)):
            if number % _EVERY == 0:
                yield from cut(row["output"][:_LONGEST])


def cut(text: str) -> list[str]:
    """The stretches of a text, as records are cut into them."""
    return [one.text for one in stretches(spoken(text, sentence_spans(text)), text)]


def parts(text: str) -> list[str]:
    """The single sentences of those stretches of a text that have several: records are judged by
    these too."""
    some = stretches(spoken(text, sentence_spans(text)), text)
    return [part.text for one in some if len(one.passages) > 1 for part in one.parts()]


def _half(identifier: str) -> int:
    return hashlib.blake2b(identifier.encode(), digest_size=1).digest()[0] % 2
