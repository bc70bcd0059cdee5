"""Numbers in words, of the languages that have a list of common words: digits, and tens."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import Final

from detectors._text.common_words import LANGUAGES

_WORDS: Final = {
    "ar": "صفر واحد واحدة اثنان اثنين اثنتان ثلاثة ثلاث أربعة أربع اربعة خمسة خمس ستة ست سبعة سبع "
    "ثمانية ثماني ثمان تسعة تسع عشرة عشر عشرون عشرين ثلاثون ثلاثين أربعون أربعين خمسون خمسين ستون "
    "ستين سبعون سبعين ثمانون ثمانين تسعون تسعين مئة مائة",
    "cs": "nula jeden jedna jedno dva dvě tři čtyři pět šest sedm osm devět deset jedenáct dvanáct "
    "dvacet třicet čtyřicet padesát šedesát sedmdesát osmdesát devadesát sto",
    "da": "nul en et én ét to tre fire fem seks syv otte ni ti elleve tolv tyve tredive fyrre "
    "halvtreds tres halvfjerds firs halvfems hundrede",
    "de": "null ein eins eine zwei zwo drei vier fünf sechs sieben acht neun zehn elf zwölf "
    "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig hundert fuenf zwoelf",
    "el": "μηδέν ένα ένας μία μια δύο δυο τρία τρεις τέσσερα τέσσερις πέντε έξι επτά εφτά οκτώ "
    "οχτώ εννέα εννιά δέκα έντεκα δώδεκα είκοσι τριάντα σαράντα πενήντα εξήντα εβδομήντα ογδόντα "
    "ενενήντα εκατό",
    "en": "zero oh nought nil one two three four five six seven eight nine niner ten eleven "
    "twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty "
    "fifty sixty seventy eighty ninety hundred double triple",
    "es": "cero un uno una dos tres cuatro cinco seis siete ocho nueve diez once doce trece "
    "catorce quince veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento",
    "fi": "nolla yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän kymmenen "
    "kaksikymmentä kolmekymmentä sata",
    "fr": "zéro zero un une deux trois quatre cinq six sept huit neuf dix onze douze treize "
    "quatorze quinze seize vingt vingts trente quarante cinquante soixante septante huitante "
    "nonante cent",
    "hi": "शून्य एक दो तीन चार पांच पाँच छह छः छे सात आठ नौ दस ग्यारह बारह बीस तीस चालीस पचास साठ सत्तर "
    "अस्सी नब्बे सौ",
    "hu": "nulla egy kettő két három négy öt hat hét nyolc kilenc tíz tizenegy tizenkettő húsz "
    "harminc negyven ötven hatvan hetven nyolcvan kilencven száz",
    "id": "nol kosong satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas puluh "
    "belas seratus",
    "it": "zero un uno una due tre quattro cinque sei sette otto nove dieci undici dodici venti "
    "trenta quaranta cinquanta sessanta settanta ottanta novanta cento",
    "ja": "ゼロ れい いち に さん し よん ご ろく なな しち はち きゅう く じゅう ひゃく",
    "ko": "영 공 일 이 삼 사 오 육 륙 칠 팔 구 십 백 하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉 열",
    "nb": "null en ett et én to tre fire fem seks sju syv åtte ni ti elleve tolv tjue tretti "
    "førti femti seksti sytti åtti nitti hundre",
    "nl": "nul een één twee drie vier vijf zes zeven acht negen tien elf twaalf twintig dertig "
    "veertig vijftig zestig zeventig tachtig negentig honderd",
    "pl": "zero jeden jedna jedno dwa dwie trzy cztery pięć sześć siedem osiem dziewięć dziesięć "
    "jedenaście dwanaście dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt "
    "siedemdziesiąt osiemdziesiąt dziewięćdziesiąt sto",
    "pt": "zero um uma dois duas três quatro cinco seis meia sete oito nove dez onze doze vinte "
    "trinta quarenta cinquenta sessenta setenta oitenta noventa cem cento",
    "ro": "zero un unu una o doi două trei patru cinci șase şase șapte şapte opt nouă zece "
    "unsprezece douăzeci treizeci patruzeci cincizeci șaizeci șaptezeci optzeci nouăzeci sută",
    "ru": "ноль нуль один одна одно два две три четыре пять шесть семь восемь девять десять "
    "одиннадцать двенадцать двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят "
    "девяносто сто",
    "sv": "noll en ett två tre fyra fem sex sju åtta nio tio elva tolv tjugo trettio fyrtio "
    "femtio sextio sjuttio åttio nittio hundra",
    "tr": "sıfır bir iki üç dört beş altı yedi sekiz dokuz on yirmi otuz kırk elli altmış yetmiş "
    "seksen doksan yüz",
    "uk": "нуль один одна одне два дві три чотири п'ять п’ять пять шість сім вісім дев'ять "
    "дев’ять девять десять двадцять тридцять сорок п'ятдесят шістдесят сімдесят вісімдесят "
    "дев'яносто сто",
    "vi": "không một mốt hai ba bốn tư năm lăm sáu bảy bẩy tám chín mười mươi trăm",
    "zh": "零 〇 一 二 三 四 五 六 七 八 九 十 百 千 幺 两 兩",
}
CJK_DIGITS: Final = re.compile("[零〇一二三四五六七八九十百千幺两兩]+")


@cache
def number_words() -> dict[str, frozenset[int]]:
    """The places of the languages in which a word is a number."""
    places: dict[str, set[int]] = {}
    for language, words in _WORDS.items():
        for word in words.split():
            places.setdefault(word, set()).add(LANGUAGES.index(language))
    return {word: frozenset(found) for word, found in places.items()}


def is_number(word: str) -> bool:
    """Whether a word in small letters is a number in any of the languages, in digits too."""
    if any(map(str.isdigit, word)) or CJK_DIGITS.fullmatch(word) or word in number_words():
        return True
    parts = [part for part in word.split("-") if part]
    return len(parts) > 1 and all(map(is_number, parts))


def is_sure(word: str, places: Collection[int], small: bool) -> bool:
    """Whether a number in words is nothing else in the languages of the text, as "to" may be,
    which is a `small` word of some and two in others."""
    if any(map(str.isdigit, word)):
        return False
    return not small or not number_words().get(word, frozenset()).isdisjoint(places)
