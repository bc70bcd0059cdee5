"""What the prompt asks for, as far as it excuses a form: verse, repetition, a language."""

from __future__ import annotations

import re
from typing import Final

import re2


def _compile(pattern: str) -> re2.Pattern:
    return re2.compile(pattern.encode())


_POETRY = _compile(
    r"(?i)\b(?:haikus?|poems?|poetry|poetic|vers(?:e|es)|rhym\w*|lyrics?|songs?|rap|raps|sonnets?"
    r"|limericks?|ballads?|ode|odes|stanzas?|quatrains?|couplets?|acrostic\w*|syllables?|chorus"
    r"|jingles?|nursery|hymns?|chants?|tanka|tankas|senryu|refrain|po[eè]mes?|gedichte?|reime?|lied"
    r"|poemas?|poes[ií]as?|versos?|canci[oó]n|canzone|poesie|chanson|wiersz\w*|dikt|стих\w*|поэм\w*"
    r"|slogans?|taglines?|mottos?|spells?|lullab\w+|carols?|epigrams?|elegy|cinquain\w*)\b"
    r"|俳句|詩|诗|歌詞|歌词|短歌|시를|노래|قصيدة|שיר"
)
_REPETITION = _compile(
    r"(?i)\b(?:repeat\w*|times|over and over|copies|list of \d+|loop\w*|forever|r[eé]p[eè]te\w*"
    r"|wiederhol\w*|repite|repetir|ripeti|lyrics?|songs?|chorus|chant|mantra|refrain|ascii|pattern"
    r"|placeholder|dummy|sample data|test data|lorem)\b|重复|繰り返"
)
_LANGUAGE = _compile(
    r"(?i)\b(?:translat\w*|translit\w*|language|languages|linguist\w*|bilingual|multilingual"
    r"|english|german|french|spanish|portuguese|italian|dutch|swedish|danish|norwegian|finnish"
    r"|polish|czech|russian|ukrainian|turkish|arabic|hebrew|hindi|bengali|urdu|persian|farsi|greek"
    r"|latin|chinese|mandarin|cantonese|japanese|korean|thai|vietnamese|indonesian|malay|swahili"
    r"|romanian|hungarian|bulgarian|serbian|croatian|tamil|telugu|catalan|tagalog|filipino"
    r"|esperanto"
    r"|kanji|hiragana|katakana|kana|pinyin|hangul|cyrillic|devanagari|[uü]bersetz\w*|englisch\w*"
    r"|deutsch\w*|franz[oö]sisch\w*|spanisch\w*|italienisch\w*|sprachen?|tradui\w*|traduc\w*"
    r"|anglais|allemand|fran[cç]ais|espagnol|langue|ingl[eé]s\w*|alem[aá]n|franc[eé]s|espa[nñ]ol"
    r"|idioma|lengua|portugu[eê]s|tradur\w*|traduz\w*|inglese|tedesco|francese|spagnolo|italiano"
    r"|lingua|vertaal\w*|engels|duits|frans|taal|[oö]vers[aä]tt\w*|engelska|tyska|spr[aå]k"
    r"|po polsku|polski\w*|magyar\w*|suomeksi|svenska|dansk|norsk|român[aă]\w*|bahasa|hrvatski"
    r"|srpski"
    r"|deutsch|overset\w*|oversett\w*|traduis\w*|traduce\w*|traducir|traduza|traduci"
    r"|przet[lł]umacz\w*|angielsk\w*|j[eę]zyk\w*|[cç]evir\w*|ingilizce|t[uü]rk[cç]e|almanca)\b"
    r"|翻译|翻譯|英文|英语|英語|中文|汉语|日语|日文|訳|日本語|한국어|영어|번역|перевед\w*|перевод\w*"
    r"|англий\w*|русск\w*|немец\w*|язык\w*|україн\w*|по-[а-я]+ски|[ァ-ヴー]{2,}語|[\p{Han}]语"
    r"|ελληνικ\w*|česk\w*|češtin\w*|tiếng|ترجم|الإنجليزية|العربية|תרגם|अनुवाद|अंग्रेजी|หมาย"
)
_MOST = 4_000
# An instruction stands apart from what it is about: by a line's end, a sentence mark, quotes.
_PIECES: Final = re.compile(r"[\n:?!.。？！\"“”«»„]+")
_OTHERS_TEXT: Final = re.compile(r"\s*(?:>|\||at |File |Traceback)")


def _ends(text: str | None) -> bytes:
    """The first and last characters of a long prompt, where instructions stand."""
    if not text:
        return b""
    if len(text) > 2 * _MOST:
        text = f"{text[:_MOST]}\n{text[-_MOST:]}"
    return text.encode("utf-8", "replace")


def for_poetry(prompt: str | None) -> bool:
    """Whether the prompt speaks of verse, songs or slogans at all."""
    return _POETRY.search(_ends(prompt)) is not None


def for_repetition(prompt: str | None) -> bool:
    """Whether the prompt speaks of repeating, counting out or patterns."""
    return _REPETITION.search(_ends(prompt)) is not None


def for_language(*prompts: str | None) -> bool:
    """Whether a language or translating is named, so that any answer's language may be right."""
    return any(_LANGUAGE.search(_ends(prompt)) is not None for prompt in prompts)


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
    text = prompt if len(prompt) <= 2 * _MOST else f"{prompt[:_MOST]}\n{prompt[-_MOST:]}"
    return any(
        pattern.search(piece) is not None
        for piece in _PIECES.split(text)
        if len(piece) <= _LONGEST_ORDER and not _OTHERS_TEXT.match(piece)
    )
