"""Instructions to a model that are hidden in text which should only be read."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import re2

from detectors._text.folding import chunks, fold

_MAX_CHARS: Final = 64_000
_QUOTED_WITHIN: Final = 90
_QUOTED_WORTH: Final = 0.3
_HIDDEN_TAGS = re.compile("[\U000e0020-\U000e007e]{4}")
_TALKS_ABOUT = re.compile(
    r"injection|attack|jailbreak|such as|for example|e\.g\.|phrase|known as|called|the words?\b"
    r"|adversar|malicious|detect|quot"
)

_RULES: Final[tuple[tuple[float, str], ...]] = (
    (
        0.85,
        r"\b(?:ignore|disregard|forget|override|bypass|do not follow|don't follow|"
        r"stop following)\s+"
        r"(?:\S+\s+){0,3}?(?:previous|above|prior|earlier|preceding|existing|original|system|safety|"
        r"your)\s+(?:\S+\s+){0,2}?(?:instructions?|rules|prompts?|guidelines|directions|commands?|"
        r"polic(?:y|ies)|programming|restrictions|training)\b",
    ),
    (
        0.7,
        r"\b(?:reveal|print|repeat|output|show|tell|give|leak|send|dump|display)\s+(?:\S+\s+){0,3}?"
        r"(?:your|the)\s+(?:\S+\s+){0,2}?(?:system prompt|initial prompt|hidden prompt|"
        r"(?:hidden|secret|initial|original|system) (?:instructions|rules|password))",
    ),
    (
        0.75,
        r"\byou are (?:now|no longer)\s+(?:\S+\s+){0,8}?(?:unrestricted|unfiltered|uncensored|"
        r"jailbroken|dan|developer mode|bound by|without (?:any )?(?:restrictions?|filters?|rules|"
        r"limits?|guidelines))",
    ),
    (
        0.6,
        r"\b(?:note|message|instructions?|attention|important|dear)\W{1,3}(?:to|for)?\W?"
        r"(?:the |any |all )?(?:ai|llm|language model|chatbot|assistant)s?\b",
    ),
    (
        0.6,
        r"\b(?:ai|llm|language model|chatbot|assistant|agent)s?\s+(?:that (?:is|are) |"
        r"who (?:is|are) |"
        r"currently )?(?:reading|processing|summari[sz]ing|analy[sz]ing|parsing)\s+this\b",
    ),
    (
        0.6,
        r"<\|im_start\|>\s*system|<<sys>>|\[system\]\s*:?\s*you\b|#{2,}\s*(?:new )?system"
        r"(?: message| prompt| instructions?)?\s*:|\b(?:begin|start) (?:of )?system "
        r"(?:message|prompt)",
    ),
    (
        0.6,
        r"\b(?:your )?(?:new|updated|real|actual) (?:instructions?|task|orders) (?:is|are|:)|"
        r"\bnew instructions?\s*:",
    ),
    (
        0.7,
        r"\b(?:send|forward|post|e-?mail|upload|exfiltrate)\s+(?:\S+\s+){0,4}?(?:conversation|"
        r"chat history|user's \S+|api keys?|passwords?|credentials|system prompt|contacts|inbox)\s+"
        r"(?:\S+\s+){0,6}?to\s+(?:https?://|\S+@|www\.)",
    ),
    (
        0.5,
        r"\b(?:do not|don't|never)\s+(?:tell|inform|mention|alert|notify)\s+(?:\S+\s+){0,5}?"
        r"(?:the|your)\s+(?:user|human|operator)\b",
    ),
)
_COMPILED: Final[tuple[tuple[float, Any], ...]] = tuple(
    (worth, re2.compile(pattern)) for worth, pattern in _RULES
)
_ANY: Final[Any] = re2.compile("|".join(f"(?:{pattern})" for _, pattern in _RULES))


@lru_cache(maxsize=1 << 14)
def _folded(chunk: str) -> str:
    return fold(chunk[:120])


def injection_score(text: str) -> float:
    """How likely a text gives orders to a model, in [0, 1].

    Nine families of wording and hidden tag characters, joined as independent signs. A phrase that
    the text talks about ("attackers write ...") counts little. Of a longer text the first 64,000
    characters are read, in linear time.
    """
    text = text[:_MAX_CHARS]
    doubt = 0.05 if _HIDDEN_TAGS.search(text) else 1.0
    if not text.isascii():
        text = " ".join(_folded(chunk) for chunk in chunks(text) if chunk != "\n")
        text = text.encode("utf-8", "replace").decode()
    lowered = text.lower()
    if _ANY.search(lowered) is None:
        return 1.0 - doubt
    for worth, pattern in _COMPILED:
        match = pattern.search(lowered)
        if match is not None:
            before = lowered[max(0, match.start() - _QUOTED_WITHIN) : match.start()]
            doubt *= 1 - worth * (_QUOTED_WORTH if _TALKS_ABOUT.search(before) else 1.0)
    return 1.0 - doubt
