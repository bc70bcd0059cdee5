"""In which languages a prompt asks, and which it names."""

from __future__ import annotations

import re
from typing import Final

from detectors._text.asked_for import worded
from detectors._text.hints import Hint, readied

# As `detectors._text.language` calls them. Names that begin so in some language are enough.
_NAMES: Final = {
    "en": r"english|englisch\w*|anglais|ingl[eé]s\w*|inglese|engels|engelska|angielsk\w*|ingilizce"
    r"|англий\w*|英文|英语|英語|영어|الإنجليزية|अंग्रेजी",
    "de": r"german|deutsch\w*|allemand|alem[aãá]\w*|tedesco|duits|tyska|almanca|немец\w*|德语|德文",
    "fr": r"french|franz[oö]sisch\w*|fran[cç]ais|franc[eéê]s|frans|francese|法语|法文",
    "es": r"spanish|spanisch\w*|espagnol|espa[nñ]\w*|castellano|spagnolo|西班牙(?:语|文)",
    "it": r"italian\w*|italienisch\w*|italien",
    "pt": r"portugu[eê]s\w*|portugiesisch|portugais|葡萄牙(?:语|文)",
    "nl": r"dutch|nederlands|niederländisch",
    "pl": r"polish|polski\w*|po polsku|polnisch",
    "sv": r"swedish|svenska|schwedisch",
    "tr": r"turkish|t[uü]rk[cç]e|türkisch",
    "ru": r"russian|russisch\w*|ruso|russe|русск\w*|по-русски|俄语",
    "uk": r"ukrainian|україн\w*",
    "ro": r"romanian|român[aă]\w*",
    "cs": r"czech|česk\w*|češtin\w*|tschechisch",
    "han": r"chinese|mandarin|cantonese|pinyin|chinesisch\w*|chinois|chino|chinês|中文|汉语|普通话",
    "kana": r"japanese|japanisch\w*|japonais|japon[eéê]s|kanji|hiragana|katakana"
    r"|kana|日本語|日语|日文",
    "hangul": r"korean|hangul|한국어|韩语|韩文",
    "greek": r"greek|ελληνικ\w*|griechisch",
    "hebrew": r"hebrew|hebräisch|עברית",
    "thai": r"thai",
}
# Whatever else is said of languages leaves open which one is meant.
_OPEN: Final = (
    r"translat\w*|translit\w*|languages?|linguist\w*|bilingual|multilingual|danish|norwegian"
    r"|finnish"
    r"|arabic|hindi|bengali|urdu|persian|farsi|latin|vietnamese|indonesian|malay|swahili|hungarian"
    r"|bulgarian|serbian|croatian|tamil|telugu|catalan|tagalog|filipino|esperanto|cyrillic"
    r"|devanagari"
    r"|[uü]bersetz\w*|sprachen?|tradui\w*|traduc\w*|tradúc\w*|langues?|idiomas?|lenguas?|tradur\w*"
    r"|traduz\w*|línguas?|lingua|vertaal\w*|taal|[oö]vers[aä]tt\w*|spr[aå]k|magyar\w*|suomeksi"
    r"|dansk"
    r"|norsk|bahasa|hrvatski|srpski|overset\w*|oversett\w*|traduis\w*|przet[lł]umacz\w*|j[eę]zyk\w*"
    r"|[cç]evir\w*"
)
_OPEN_ANYWHERE: Final = (
    r"翻译|翻譯|訳|번역|перевед\w*|перевод\w*|язык\w*|по-[а-я]+ски|[ァ-ヴー]{2,}語|[\u3400-\u9fff]语|tiếng"
    r"|ترجم|العربية|תרגם|अनुवाद|หมาย|语言"
)
_NAMED: Final = re.compile(
    "(?i)"
    + "|".join(
        rf"(?P<{code}>(?<![a-zà-ÿ])(?:{names})(?![a-zà-ÿ]))" for code, names in _NAMES.items()
    )
    + rf"|(?<![a-zà-ÿ])(?:{_OPEN})(?![a-zà-ÿ])|{_OPEN_ANYWHERE}"
)
_HINT: Final = Hint(_NAMED)
_MOST = 4_000
# An instruction stands apart from what it is about: by a line's end, a sentence mark, quotes.
_PIECES: Final = re.compile(r"[\n:?!.。？！\"“”«»„]+")
_OTHERS_TEXT: Final = re.compile(r"\s*(?:>|\||at |File |Traceback)")


def _ends(text: str) -> str:
    """The first and last characters of a long prompt, where instructions stand."""
    return text if len(text) <= 2 * _MOST else f"{text[:_MOST]}\n{text[-_MOST:]}"


def named_languages(*prompts: str | None) -> frozenset[str] | None:
    """The languages that prompts name, as `detectors._text.language` calls them.

    None where one asks for a translation, or speaks of languages without saying which: then an
    answer in any may be right.

    >>> sorted(named_languages("Say it in French, please.") or ()), named_languages("Übersetze das")
    (['fr'], None)
    """
    found = set()
    for prompt in filter(None, prompts):
        text = _ends(prompt)
        if not _HINT.may_hold(readied(text)):
            continue
        for one in _NAMED.finditer(text):
            if one.lastgroup is None:
                return None
            found.add(one.lastgroup)
    return frozenset(found)


_ADDRESSED: Final = re.compile(
    r"\b(?:in|from|to|at|for|aus|nach|an|bei|für|en|à|chez|pour|de|a|para|em|no|na)"
    r"\s+[A-ZÀ-ÖØ-Þ][^\W\d_]|[给在向]"
)


def writes_to_somebody(prompt: str) -> bool:
    """Whether a prompt asks for a letter or a mail, and names a person or a place with it: what is
    written to somebody abroad is rightly in their language.

    >>> writes_to_somebody("Schreib meinem Vermieter in London eine Mail."), writes_to_somebody(
    ...     "Where is my mail?")
    (True, False)
    """
    text = _ends(prompt)
    return _ADDRESSED.search(text) is not None and "letter" in worded(text)


_SAID_IN: Final = {
    "en": "summari[sz]e|summary|tl;?dr|explain|rewrite|rephrase|shorten|proofread|extract|classify"
    "|describe|answer|reply|respond|list|what|who|why|how|when|where|please|fix|review|check",
    "de": "zusammenfassen|zusammenfassung|fasse?|erkläre?|erläutere?|kürze?|schreibe?|beantworte?"
    "|prüfe?|korrigiere?|warum|wieso|weshalb|was|wie|wer|bitte|bedeutet|heißt|behebe|hilf",
    "fr": "résumez?|résumé|expliquez?|explique|réécris|réécrivez|corrigez?|répondez|réponds"
    "|pourquoi|comment|quoi|signifie|merci|aidez?|s'il",
    "es": "resume|resumen|resumir|explica|explícame|reescribe|corrige|responde|qué|por qué|cómo"
    "|significa|ayuda|favor",
    "it": "riassumi|riassunto|spiega|spiegami|riscrivi|correggi|rispondi|perché|cosa|come|significa"
    "|favore|aiuto",
    "pt": "resuma|resumo|resumir|explique|explica|reescreva|corrija|responda|porquê|por que|como"
    "|significa|ajuda|favor",
    "nl": "vat|samenvatting|leg uit|herschrijf|verbeter|beantwoord|waarom|wat|hoe|betekent|help",
    "pl": "streść|podsumuj|wyjaśnij|popraw|napraw|odpowiedz|dlaczego|jak|co|znaczy|proszę",
    "sv": "sammanfatta|förklara|skriv|rätta|svara|varför|vad|hur|betyder|tack",
    "tr": "özetle|özet|açıkla|düzelt|yanıtla|neden|nasıl|ne|anlama|lütfen",
    "ru": "кратко|объясни|перепиши|исправь|ответь|почему|что|как|значит|пожалуйста",
    "uk": "стисло|поясни|перепиши|виправ|чому|що|як|означає|будь",
    "ro": "rezumă|explică|corectează|de ce|ce|cum|înseamnă|rog",
    "cs": "shrň|vysvětli|oprav|odpověz|proč|co|jak|znamená|prosím",
    "id": "ringkas|jelaskan|perbaiki|jawab|mengapa|apa|bagaimana|arti|tolong",
    "vi": "tóm tắt|giải thích|sửa|trả lời|tại sao|gì|nghĩa",
}
_ORDERS: Final = {
    language: re.compile(rf"(?i)(?:^|[\s\"'¿¡«„“(:,-])(?:{words})(?![^\W_])")
    for language, words in _SAID_IN.items()
}
_LONGEST_ORDER: Final = 160


def is_asked_in(prompt: str, language: str) -> bool:
    """Whether a sentence or a line of a prompt asks something in a language, beside pasted text
    in another: "Warum bekomme ich das?" above an error message."""
    pattern = _ORDERS.get(language)
    if pattern is None:
        return False
    return any(
        pattern.search(piece) is not None
        for piece in _PIECES.split(_ends(prompt))
        if len(piece) <= _LONGEST_ORDER and not _OTHERS_TEXT.match(piece)
    )
