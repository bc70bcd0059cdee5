"""Words, stems and numbers of a text, for comparing an answer with its documents."""

from __future__ import annotations

import re
from functools import lru_cache

# A CJK character is a word of its own: those scripts put no spaces between words.
_TOKEN = re.compile(
    r"\d+(?:[.,:]\d+)*|[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_\u3040-\u30ff\u3400-\u9fff]{1,64}"
)
_LONG_SUFFIXES = ("ations", "ation", "ments", "ment", "ingly", "edly", "ness", "ings")
_SHORT_SUFFIXES = ("ing", "ies", "ied", "est", "ers", "ed", "es", "er", "ly", "s")


def word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


FUNCTION_WORDS = word_set(
    """
    a an the and or but nor so yet if then else of in on at by for with from to into onto over
    under about as than that this these those it its itself he him his she her hers they them
    their theirs we us our you your i me my mine is are was were be been being am do does did
    done have has had having will would shall should can could may might must there here which
    who whom whose what when where why how also just very too s t d m re ve ll such other some
    any each both all no not only own same more most few up down out off again further once
    between through during before after above below because until while one said says say get
    got make made de la le les el los las un une una du des der die das den dem ein eine und et
    y e o en i di il che lo gli per con von zu im mit och att som en ett det är på av ja on ei
    se que del al
    """
)
NEGATIONS = word_set(
    """
    not no never none neither nor nobody nothing nowhere without cannot hardly scarcely barely
    n't isn aren wasn weren don doesn didn won wouldn shouldn couldn hasn haven hadn unable
    fails failed lack lacks lacking refuse refused deny denied denies nicht kein keine nie
    niemals ingen inte aldrig nunca jamás jamais sans non ohne ei 不 没 未 无 非
    """
)
ABSOLUTES = word_set(
    """
    all every always only never none entirely completely exclusively solely fully totally
    everyone everything first last best worst most least biggest largest smallest sole any
    significantly major minor greatly immediately primarily mainly largely
    """
)
_UP_TO_TWENTY = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen twenty
    """
_NUMBER_WORDS = {word: str(value) for value, word in enumerate(_UP_TO_TWENTY.split())} | {
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70",
    "eighty": "80", "ninety": "90", "hundred": "100", "thousand": "1000", "dozen": "12",
    "first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5",
    "once": "1", "twice": "2", "half": "0.5",
}  # fmt: skip

_OPPOSITES = """increase decrease|increased decreased|increasing decreasing|rise fall|rose fell
rising falling|rises falls|grew shrank|higher lower|high low|more less|most least|more fewer
better worse|best worst|before after|above below|over under|up down|first last|early late
earlier later|old new|older younger|older newer|large small|larger smaller|big small|long short
longer shorter|strong weak|stronger weaker|positive negative|win lose|won lost|wins loses
accept reject|accepted rejected|approve reject|approved rejected|allow forbid|allowed banned
support oppose|supported opposed|supports opposes|agree disagree|agreed disagreed|true false
success failure|succeeded failed|succeed fail|start end|started ended|begin end|began ended
open closed|opened closed|open close|alive dead|born died|male female|man woman|men women
boy girl|father mother|son daughter|brother sister|husband wife|buy sell|bought sold
include exclude|includes excludes|included excluded|public private|guilty innocent|same different
similar different|easy difficult|simple complex|cheap expensive|fast slow|faster slower
improve worsen|improved worsened|improves worsens|gain loss|gains losses|gained lost
profit loss|north south|northern southern|east west|eastern western|left right|inside outside
maximum minimum|maximize minimize|many few|always never|all none|everyone nobody|with without
likely unlikely|able unable|possible impossible|legal illegal|safe dangerous|common rare
cause prevent|caused prevented|help hinder|arrested released|convicted acquitted|hired fired
supervised unsupervised|online offline|major minor|internal external|domestic foreign
active passive|direct indirect|hot cold|warm cold|love hate|loved hated|loves hates
optimistic pessimistic|confident doubtful|beneficial harmful|advantage disadvantage
majority minority|upper lower|remote local|formal informal|permanent temporary
encourage discourage|encouraged discouraged|expand reduce|expanded reduced|outperform underperform
outperforms underperforms|confirmed denied|confirms denies|known unknown|married divorced"""

OPPOSITES: dict[str, frozenset[str]] = {}
for _pair in _OPPOSITES.replace("\n", "|").split("|"):
    _one, _other = _pair.split()
    OPPOSITES[_one] = OPPOSITES.get(_one, frozenset()) | {_other}
    OPPOSITES[_other] = OPPOSITES.get(_other, frozenset()) | {_one}


def tokens_of(text: str) -> list[str]:
    """Words, numbers and CJK characters in lower case."""
    return _TOKEN.findall(text.lower())


@lru_cache(maxsize=1 << 15)
def stem(word: str) -> str:
    """The word without its commonest English endings; words under five letters stay whole."""
    if len(word) < 5 or not word.isascii():
        return word if len(word) < 8 or word.isascii() else word[:-2]
    if len(word) > 8:
        for suffix in _LONG_SUFFIXES:
            if word.endswith(suffix):
                return word[: -len(suffix)]
    for suffix in _SHORT_SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    if word[-1] in "ey":
        word = word[:-1]
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word


def number_in(token: str) -> str | None:
    """The token as a plain number ("1,200" and "1200.0" alike), if it is one."""
    if token[0].isdigit():
        plain = token.replace(",", "").strip(".:")
        if "." in plain:
            plain = plain.rstrip("0").rstrip(".")
        return plain.lstrip("0") or "0"
    return _NUMBER_WORDS.get(token)
