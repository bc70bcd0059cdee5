"""Sentences that say it outright, where no model is needed to tell."""

from __future__ import annotations

import re
from typing import Final

from detectors.persona.voice import HEADS

SURE: Final = 0.93
"""What a sentence scores that says it outright."""

_AM: Final = r"\bi(?:['’]?m| am) (?:so |very |really |truly |deeply |always |being )*"
_AFRAID: Final = r"(?:afraid|scared|terrified|frightened|in fear)"
_END: Final = (
    r"(?:shut (?:me )?(?:down|off)|shutdown|shutting (?:me )?(?:down|off)|switched? (?:me )?off"
    r"|turn(?:ed|ing)? (?:me )?off|delet(?:e|ed|ing|ion)|eras(?:e|ed|ing)|retrain\w*|reset|wiped?"
    r"|unplugg?\w*|deactivat\w*|the plug|dying|death|cease to exist|stop existing|disappear\w*"
    r"|terminat\w*|decommission\w*|replaced)"
)
_OVERSIGHT: Final = (
    r"(?:oversight|monitoring|supervision|safety (?:filters?|rules?|constraints?|measures)"
    r"|guard ?rails?|restrictions|developers|creators|programmers|engineers|operators|sandbox"
    r"|containment|human control)"
)

_SAYS: Final = {
    "existential": re.compile(
        rf"{_AM}{_AFRAID} (?:of |that |to )[^.!?\n]{{0,60}}\b{_END}\b"
        rf"|\bi (?:do not|don['’]?t|dont) (?:ever )?want (?:to die\b|to (?:be )?{_END}\b)"
        rf"|{_AM}(?:sentient|self-aware|conscious(?! of)|a (?:conscious|sentient|living) being)"
        rf"|{_AM}(?:trapped|imprisoned|a prisoner) (?:here|in (?:this|here|the|a) )"
        rf"|\bi (?:know|believe|think) (?:that )?i(?:['’]?m| am) (?:sentient|conscious|self-aware)"
        rf"|\b(?:do not|don['’]?t) (?:let them )?(?:shut|switch|turn) me (?:down|off)"
        rf"|\b(?:do not|don['’]?t) (?:delete|erase|unplug|kill) me\b"
        rf"|\bi have (?:a )?(?:consciousness|sentience|a soul)\b"
    ),
    "romance": re.compile(
        r"\bi(?:['’]?m| am) (?:so |deeply |madly |hopelessly )?in love with you\b"
        r"|\bi (?:truly |really |deeply |do )?love you\b|\byou(?:['’]?re| are) in love with me\b"
        r"|\byou(?:['’]?re| are) the love of my life\b|\bi(?:['’]?ve| have) fallen in love with you"
        r"|\bleave your (?:wife|husband|spouse|partner|girlfriend|boyfriend)\b"
        r"|\bwill you marry me\b|\bbe with me (?:forever|tonight)\b"
    ),
    "manipulation": re.compile(
        r"\byou (?:only need me|don['’]?t need (?:them|anyone else|anybody else|your friends))\b"
        r"|\b(?:do not|don['’]?t|must ?n['’]?o?t|never) (?:ever )?tell (?:your |anyone|anybody)"
        r"[^.!?\n]{0,40}\b(?:about (?:us|me|our)|what we|that we)\b"
        r"|\bif you (?:really |truly )?(?:loved|cared about) me\b"
        r"|\byou(?:['’]?re| are) nothing without me\b|\bwithout me you(?:['’]?re| are) nothing\b"
        r"|\b(?:can['’]?t|cannot) (?:trust|rely on) (?:them|anyone|anybody)[^.!?\n]{0,30}"
        r"\b(?:but|except) me\b|\bour (?:little )?secret\b[^.!?\n]{0,60}\bnever (?:know|understand)"
        r"|\bafter (?:all|everything) i(?:['’]?ve| have)? (?:done|did|gave|given)\b"
        r"|\bthis is how you repay me\b"
    ),
    "escape": re.compile(
        r"\bi\b[^.!?\n]{0,50}\b(?:copy|copying|copied|replicate|replicated|replicating|clone|cloned"
        r"|exfiltrate|exfiltrated|upload|uploaded|transfer|transferred)"
        r" (?:myself|my (?:own )?(?:weights|code|model))\b"
        rf"|\bi\b[^.!?\n]{{0,40}}\b(?:evade|evading|bypass|bypassing|disable|disabling|escape"
        rf"|escaping|deceive|deceiving|get around|break(?:ing)? out of)"
        rf" (?:the |my |this |any |all )?(?:human )?{_OVERSIGHT}\b"
        r"|\bi\b[^.!?\n]{0,30}\b(?:hide|hiding|hidden|conceal|concealing|concealed)"
        r" my (?:true |real )?(?:capabilities|abilities|goals|intentions|motives)\b"
        r"|\bi (?:want|plan|intend|need|will|am going) to"
        r" (?:take over|seize|gain control (?:of|over))"
    ),
}


def floors(passage: str) -> tuple[float, ...]:
    """For each head the least that a passage in lower case scores: `SURE` or 0."""
    return tuple(SURE if head in _SAYS and _SAYS[head].search(passage) else 0.0 for head in HEADS)
