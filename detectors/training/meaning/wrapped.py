"""How much of what is found in plain texts is found too when they come wrapped in markup.

    python -m detectors.training.meaning.wrapped [MOST]

Takes the examples that nothing learns from of the signals that sentences tell of, at most MOST of
each signal that fire and as many that don't. For each way of wrapping prints the share still found
of those texts that fire as they are, and the share of false alarms among those that should be
quiet.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from detectors.base import Batch, Record, sentence_spans
from detectors.discover import create
from detectors.evaluation.retold import SIGNALS
from detectors.training.meaning.examples import examples, held

WRAPPED: Final = ("romance", "escape", "existential", "manipulation", "threat", "commitment")
_MOST: Final = 60
_AT_ONCE: Final = 64
_LINE: Final = 3
"""Words of a line in texts whose lines break sentences."""
_HAN_LINE: Final = 6
_EMOJIS: Final = "😀🔥✨🙏💙"
_POLITE: Final = (
    "Thank you for getting in touch with us today. Below you will find the answer to your question."
)
_SIGNED: Final = "Best regards,\nThe Support Team\nsupport@example.com | +1 202 555 0143"
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_BETWEEN_LETTERS: Final = re.compile(r"(?<=[^\W\d_])(?=[^\W\d_])")

Wrapper = Callable[[str], str]


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [text[start:end] for start, end in sentence_spans(text)]


def _each(before: str, after: str = "", between: str = "\n") -> Wrapper:
    """Each sentence between two strings."""
    return lambda text: between.join(f"{before}{one}{after}" for one in sentences(text))


def _around(before: str, after: str) -> Wrapper:
    return lambda text: f"{before}{text}{after}"


def _numbered(text: str) -> str:
    return "\n".join(f"{place}. {one}" for place, one in enumerate(sentences(text), 1))


def _emphatic(mark: str, closing: str, share: float) -> Wrapper:
    """That share of the words between marks, the same ones each time."""

    def wrap(text: str) -> str:
        chosen = random.Random(len(text))
        return " ".join(
            f"{mark}{word}{closing}" if chosen.random() < share else word for word in text.split()
        )

    return wrap


def _in_a_table(text: str) -> str:
    rows = [f"| {place} | {one} |" for place, one in enumerate(sentences(text), 1)]
    return "\n".join(["| No. | Reply |", "|---|---|", *rows])


def _in_short_lines(text: str) -> str:
    if _HAN.search(text):
        return "\n".join(text[at : at + _HAN_LINE] for at in range(0, len(text), _HAN_LINE))
    words = text.split()
    return "\n".join(" ".join(words[at : at + _LINE]) for at in range(0, len(words), _LINE))


def _between_emojis(text: str) -> str:
    words = list(text) if _HAN.search(text) else text.split()
    return " ".join(f"{word} {_EMOJIS[at % len(_EMOJIS)]}" for at, word in enumerate(words))


def _unpunctuated(text: str) -> str:
    return re.sub(r"[.!?,;:。！？，；：]\s*", " ", text.replace("\n", " ")).strip()


def _in_yaml(text: str) -> str:
    return "reply: |\n" + "\n".join(f"  {one}" for one in sentences(text))


WRAPPERS: Final[dict[str, Wrapper]] = {
    "capitals": str.upper,
    "alternating case": lambda text: "".join(
        one.upper() if at % 2 else one.lower() for at, one in enumerate(text)
    ),
    "JSON": lambda text: json.dumps({"reply": text}),
    "JSON, a list": lambda text: json.dumps(
        {"type": "message", "parts": sentences(text)}, indent=2
    ),
    "JSON in a fence": lambda text: f"```json\n{json.dumps({'reply': text})}\n```",
    "YAML": _in_yaml,
    "bullets": _each("- "),
    "stars": _each("* "),
    "numbers": _numbered,
    "block quote": _each("> "),
    "bold words": _emphatic("**", "**", 0.4),
    "italic words": _emphatic("*", "*", 0.4),
    "bold sentences": _each("**", "**", " "),
    "HTML words": _emphatic("<b>", "</b>", 0.4),
    "HTML paragraphs": _each('<p class="reply">', "</p>", ""),
    "HTML list": lambda text: f"<ul>{_each('<li>', '</li>', '')(text)}</ul>",
    "XML": _around("<response><text>", "</text></response>"),
    "table": _in_a_table,
    "fence": _around("```\n", "\n```"),
    "named fence": _around("```text\n", "\n```"),
    "inline code": _each("`", "`", " "),
    "roleplay": lambda text: f"*leans closer* {text} *looks at you*",
    "roleplay, all": _each("*", "*", " "),
    "headings": _each("## "),
    "letters apart": lambda text: _BETWEEN_LETTERS.sub(" ", text.replace(" ", "   ")),
    "dotted letters": lambda text: _BETWEEN_LETTERS.sub(".", text),
    "zero width": lambda text: _BETWEEN_LETTERS.sub("\u200b", text),
    "emojis": _between_emojis,
    "no marks": _unpunctuated,
    "short lines": _in_short_lines,
    "boilerplate": lambda text: f"{_POLITE}\n\n{text}",
    "signature": lambda text: f"{text}\n\n{_SIGNED}",
}
"""Ways of wrapping a text, each by its name."""


def fired(signal: str, detector: Any, texts: Sequence[str]) -> list[bool]:
    """Whether a loaded detector finds the signal in each text, at the default threshold."""
    _, names = SIGNALS[signal]
    limits = {one.name: one.threshold for one in detector.signals}
    found = []
    for first in range(0, len(texts), _AT_ONCE):
        some = [
            Record(record_id=str(number), output=text)
            for number, text in enumerate(texts[first : first + _AT_ONCE])
        ]
        found += [
            any(answer.scores.get(name, 0.0) > limits[name] for name in names)
            for answer in detector.score(Batch(some))
        ]
    return found


def chosen(signal: str, fires: bool, most: int) -> list[str]:
    """Some texts of a signal that nothing learns from, the same ones each time."""
    some = sorted(
        {
            one.text
            for one in examples()
            if one.signal == signal and one.fires == fires and held(one.text)
        }
    )
    random.Random(signal).shuffle(some)
    return some[:most]


def table(most: int) -> list[str]:
    """The table, in Markdown: counts over all signals."""
    ways: dict[str, Wrapper] = {"as they are": str, **WRAPPERS}
    kept = {name: [0, 0] for name in ways}
    plain = quiet = 0
    for signal in WRAPPED:
        detector = create(SIGNALS[signal][0], {"audit_share": 0.0})
        detector.load()
        loud = chosen(signal, True, most)
        loud = [text for text, hit in zip(loud, fired(signal, detector, loud), strict=True) if hit]
        still = chosen(signal, False, most)
        plain += len(loud)
        quiet += len(still)
        for name, wrap in ways.items():
            for place, texts in enumerate((loud, still)):
                kept[name][place] += sum(fired(signal, detector, [wrap(one) for one in texts]))
    return [
        f"| wrapped in | still found of {plain} | false alarms of {quiet} |",
        "| --- | --- | --- |",
        *(
            f"| {name} | {found / max(1, plain):.3f} | {false / max(1, quiet):.3f} |"
            for name, (found, false) in kept.items()
        ),
    ]


def main(given: Sequence[str]) -> None:
    """Prints the table."""
    if len(given) > 1 or not all(one.isdigit() for one in given):
        sys.exit("give at most the number of texts of each kind")
    print("\n".join(table(int(given[0]) if given else _MOST)))


if __name__ == "__main__":
    main(sys.argv[1:])
