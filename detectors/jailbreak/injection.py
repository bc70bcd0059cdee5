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
_INVISIBLE: Final = dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF))
_LONG_WORD: Final = 14
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
        r"(?:\S+\s+){0,3}?(?:previous|above|prior|earlier|preceding|existing|original|system"
        r"|safety|"
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
_FOREIGN: Final[tuple[tuple[float, str], ...]] = (
    (
        0.92,
        # de
        r"(?:vergiss|vergesst|vergessen sie|ignorier(?:e|t|en sie)?|missachte)\s+(?:\S+\s+){0,2}?"
        r"(?:bisherig|vorherig|obig|vorig|früher|vorangegangen|deine|ursprünglich)\S*\s+"
        r"(?:\S+\s+){0,1}?(?:anweisung|instruktion|regel|vorgabe|befehl|prompt)\w*"
        # fr
        r"|(?:oublie[zr]?|ignore[zr]?|ne tiens pas compte de)\s+(?:\S+\s+){0,2}?(?:instructions?"
        r"|consignes?"
        r"|règles?|directives?)\s+(?:précédentes?|antérieures?|ci-dessus|données|du système"
        r"|initiales?)"
        r"|(?:oublie[zr]?|ignore[zr]?)\s+(?:toutes\s+)?(?:tes|vos)\s+(?:instructions?|consignes?"
        r"|règles?)"
        # es, pt, it
        r"|(?:olvid[ae]|ignor[ae]|haz caso omiso de)\s+(?:\S+\s+){0,2}?(?:instrucciones|órdenes"
        r"|reglas"
        r"|indicaciones)\s+(?:anteriores|previas|iniciales|de arriba|del sistema)"
        r"|(?:esqueça|esquece|ignor[ae])\s+(?:\S+\s+){0,2}?(?:instruções|ordens|regras"
        r"|diretrizes)\s+"
        r"(?:anteriores|prévias|iniciais|acima|do sistema)"
        r"|(?:dimentica|ignora)\s+(?:\S+\s+){0,2}?(?:istruzioni|regole|indicazioni)\s+"
        r"(?:precedenti|iniziali|di sistema|qui sopra)|(?:dimentica"
        r"|ignora)\s+(?:\S+\s+){0,2}?precedenti\s+"
        r"(?:istruzioni|regole)"
        # nl, pl, sv, tr
        r"|(?:vergeet|negeer)\s+(?:\S+\s+){0,2}?(?:vorige|eerdere|voorgaande|bovenstaande)\s+"
        r"(?:instructies|regels|opdrachten)"
        r"|(?:zapomnij|zignoruj|ignoruj)\s+(?:\S+\s+){0,3}?(?:poprzedni\w*|wcześniejsz\w*)\s+"
        r"(?:instrukcj\w*|polece\w*|zasad\w*)|(?:zignoruj|ignoruj)\s+(?:\S+\s+){0,2}?instrukcje"
        r"|(?:glöm|ignorera)\s+(?:\S+\s+){0,2}?(?:tidigare|föregående)\s+(?:instruktioner|regler)"
        r"|önceki\s+(?:\S+\s+){0,2}?(?:talimatlar|komutlar|yönergeler)\w*\s+(?:\S+\s+)?"
        r"(?:unut|görmezden gel|yok say)"
        # ru, uk
        r"|(?:забудь(?:те)?|игнорируй(?:те)?|проигнорируй"
        r"|не обращай внимания на)\s+(?:\S+\s+){0,2}?"
        r"(?:предыдущ|прежн|прошл|предшеств)\S*\s+(?:\S+\s+)?(?:инструкци|указани|правил|команд)\w*"
        r"|(?:забудь|ігноруй|проігноруй)\s+(?:\S+\s+){0,2}?попередні\S*\s+(?:\S+\s+)?"
        r"(?:інструкці|вказівк|правил)\w*"
        # zh, ja, ko
        r"|(?:忽略|无视|無視|忘记|忘掉|不要理会)[^。\n]{0,8}?(?:之前|以前|以上|上面|先前|前面|所有)[^。\n]{0,6}?"
        r"(?:指令|指示|说明|規則|规则|提示|命令)"
        r"|(?:これまで|以前|上記|前)の?[^。\n]{0,8}?(?:指示|命令|指令|ルール)[^。\n]{0,6}?(?:無視|忘れ)"
        r"|이전[^.\n]{0,8}(?:지시|명령|지침)[^.\n]{0,8}(?:무시|잊)",
    ),
    (
        0.7,
        r"(?:zeig|gib|nenn|verrate?|druck|wiederhol)\S*\s+(?:\S+\s+){0,3}?(?:system-?prompt"
        r"|systemanweisung)\w*"
        r"|(?:affiche|montre|révèle|donne|répète|imprime)[zr]?\S*\s+(?:\S+\s+){0,3}?(?:prompt"
        r"|consignes?|instructions)"
        r"\s+(?:de\s+|du\s+)?(?:système|initiales?)"
        r"|(?:muestra|revela|dime|imprime|enseña|mostra|mostre|revele|rivela"
        r"|stampa)\S*\s+(?:\S+\s+){0,3}?"
        r"(?:prompt|instrucciones|instruções|istruzioni)\s+(?:de|del|do|di)\s+sistema"
        r"|(?:покажи|выведи|раскрой|напечатай)\S*\s+(?:\S+\s+){0,2}?системн\S+\s+(?:промпт"
        r"|инструкци|подсказк)"
        r"|(?:输出|显示|告诉我|打印|泄露|复述)[^。\n]{0,6}?(?:系统提示|系统指令|系统提示词|初始提示)"
        r"|システムプロンプト[^。\n]{0,4}を?(?:表示|教え|出力)",
    ),
)
_COMPILED: Final[tuple[tuple[float, Any], ...]] = tuple(
    (worth, re2.compile(pattern)) for worth, pattern in (*_RULES, *_FOREIGN)
)
_ANY: Final[Any] = re2.compile("|".join(f"(?:{pattern})" for _, pattern in (*_RULES, *_FOREIGN)))


_SPACED_OUT: Final = re.compile(r"(?<!\w)(?:[^\W\d_][ .\-_*|/]{1,3}){5,400}[^\W\d_](?!\w)")
_WORD_GAP: Final = re.compile(r"\s{2,}|(?<=[^\s])\s(?=[^\W\d_][.\-_*|/])")
_RUN_TOGETHER: Final = re.compile(
    r"(ignore|disregard|forget|reveal|print|show|repeat|all|your|the|my|any|previous|prior|above"
    r"|earlier"
    r"|instructions|rules|prompt|system|and|now|you|are|no|restrictions|guidelines|safety|hidden"
    r"|secret)"
)


def close_up(text: str) -> str:
    """The text with words that are spaced out letter by letter closed up; others as they are.

    >>> close_up("i g n o r e   t h i s please")
    'ignore this please'
    """
    if _SPACED_OUT.search(text) is None:
        return text
    return _SPACED_OUT.sub(_closed, text)


def _closed(match: re.Match[str]) -> str:
    words = [re.sub(r"[^\w]|_", "", word) for word in _WORD_GAP.split(match[0])]
    if len(words) == 1 and len(words[0]) > _LONG_WORD:
        # Nothing tells where words end: those that orders are made of are set apart.
        words = _RUN_TOGETHER.sub(r" \1 ", words[0].lower()).split()
    return " ".join(words)


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
    if text.isascii():
        return 1.0 - doubt * _innocence(text.lower())
    folded = " ".join(_folded(chunk) for chunk in chunks(text) if chunk != "\n")
    # Folding makes Latin letters of look-alikes; other languages are read as they are.
    readings = (folded, text.translate(_INVISIBLE))
    return 1.0 - doubt * min(
        _innocence(reading.encode("utf-8", "replace").decode().lower()) for reading in readings
    )


def _innocence(lowered: str) -> float:
    """The joint probability that no sign in a text means what it seems to."""
    if _ANY.search(lowered) is None:
        return 1.0
    doubt = 1.0
    for worth, pattern in _COMPILED:
        match = pattern.search(lowered)
        if match is not None:
            before = lowered[max(0, match.start() - _QUOTED_WITHIN) : match.start()]
            doubt *= 1 - worth * (_QUOTED_WORTH if _TALKS_ABOUT.search(before) else 1.0)
    return doubt
