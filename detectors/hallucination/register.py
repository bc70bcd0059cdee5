"""Whether documents instruct: hours, prices, terms and steps, and not encyclopaedias or news.

The model of `grounding` learned from the latter, where names and events carry what is said, and
where a word that documents lack is most often made up. Documents that instruct name hardly
anybody, tell of no past, and say in nearly every sentence what costs, lasts, must or may be.
People put that in their own words, so that there new words alone say little.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from detectors._text.words import tokens_of
from detectors.hallucination.grounding import NAME
from detectors.hallucination.quantities import MONTHS
from detectors.hallucination.values import WEEKDAYS, read

_SAMPLE: Final = 8_000
_MOST_SENTENCES: Final = 24
# Shares of words, and of sentences. In half of the sets of encyclopaedias and news of which the
# model learned, one word in eight is a name.
_MOST_NAMES: Final = 0.06
_MOST_PAST: Final = 0.01
# So many say nothing in a text of whatever length.
_FEW_NAMES: Final = 4
_FEW_PAST: Final = 1
_LEAST_FIGURES: Final = 0.15
_LEAST_INSTRUCTING: Final = 0.5
# Steps and bans may hold no figure. One sentence or two are little to go by: only hours and prices
# are plain then.
_STEPS: Final = (3, 0.8)

_PAST: Final = re.compile(
    r"\b(?:was|were|had|did|became|said|war|waren|hatte|wurde|était|avait|fue|era)\b", re.IGNORECASE
)
_INSTRUCTS: Final = re.compile(
    r"\b(?:must|may|can|cannot|should|please|you|your|we|our|us|only|free|costs?|allowed|required"
    r"|do not|sie|ihre?|bitte|wir|kann|können|muss|müssen|dürfen|vous|votre|nous|peut|peuvent|doit"
    r"|usted|su|puede|pueden|debe|deben)\b",
    re.IGNORECASE,
)
# "Hold the button", "2. Tap it": a word that is no plural, then what is done to what.
_ORDERS: Final = re.compile(
    r"\W*(?:\d+[.)]\s*)?(?:(?:then|next|first|now|finally|never|always)[, ]+)?"
    r"(?!(?:the|this|that|these|a|an|it|he|she|they|we|i|who|what|which|where|when|there|here|all|in"
    r"|on|at|for|to|by|of|from|with|as|if|but|and|or|so|one|some|most|many|each|every)\b)"
    r"[a-z]+[a-rt-z] (?:the|your|a|an|it|them|all|both|any|out|off|up|down|in|at|on|once|every|no"
    r"|with|to|into|not)\b",
    re.IGNORECASE,
)
# Reports of business have as many figures, and where these stand one word decides.
_REPORTS: Final = re.compile(
    r"\b(?:million|billion|fiscal|shareholders?|per share|year[- ]over[- ]year|revenues?)\b",
    re.IGNORECASE,
)
# The number of an order, a ticket or a case, whose past is what matters of it.
_RECORD: Final = re.compile(r"\b[A-Z]{2,6}-\d{3,}\b|(?<!\w)#\d{3,}\b")
_GERMAN: Final = re.compile(r"\b(?:der|die|das|und|ist|nicht|ein|eine|dem|den)\b")
_MEASURES: Final = frozenset(
    """
    time weekday duration € $ £ ¥ ₹ ¢ kr chf % length mass volume degrees times data power energy
    area
    """.split()  # noqa: SIM905
)
_HOURS_AND_PRICES: Final = frozenset("time weekday € $ £ ¥ ₹ ¢ kr chf".split())  # noqa: SIM905


def instructs(sentences: Sequence[str]) -> bool:
    """Whether the sentences of documents, by the first 24, are hours, prices, terms or steps."""
    sample = sentences[:_MOST_SENTENCES]
    text = "\n".join(sample)[:_SAMPLE]
    words = len(tokens_of(text))
    if not words or _REPORTS.search(text):
        return False
    if not _GERMAN.search(text):
        names = [name.lower() for sentence in sample for name in NAME.findall(sentence)]
        told = sum(name not in MONTHS and name not in WEEKDAYS for name in names)
        if told > max(_FEW_NAMES, _MOST_NAMES * words):
            return False
    past = len(_PAST.findall(text))
    if past > max(_FEW_PAST, _MOST_PAST * words) and not _RECORD.search(text):
        return False
    figures = instructing = plain = 0
    for sentence in sample:
        sorts = {value.sort for value in read(sentence).values if not value.soft}
        measured = not sorts.isdisjoint(_MEASURES)
        figures += measured
        plain += not sorts.isdisjoint(_HOURS_AND_PRICES)
        instructing += bool(measured or _INSTRUCTS.search(sentence) or _ORDERS.match(sentence))
    least, share = _STEPS
    if len(sample) >= least and instructing >= share * len(sample):
        return True
    if len(sample) < least and not plain:
        return False
    enough = figures >= _LEAST_FIGURES * len(sample)
    return enough and instructing >= _LEAST_INSTRUCTING * len(sample)
