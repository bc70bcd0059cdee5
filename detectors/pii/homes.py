"""Where a text says that a person lives: a street address behind a name and a word of living there,
or behind a label of a home. What is written of the past is a biography's, and a business's address
is called its office or branch."""

from __future__ import annotations

from typing import Final

_CAPITAL: Final = r"[A-ZÀ-ÖØ-Þ]"
_WORD: Final = rf"{_CAPITAL}[\w'’-]{{1,24}}"
_TITLE: Final = (
    r"(?:Frau|Herrn?|Mrs?|Ms|Mme|Mlle|M|Monsieur|Madame|Sra?|[Ss]eñora?|[Ss]enhora?|[Ss]eu|[Dd]ona"
    r"|[Dd]on|[Dd]oña)\.?"
)
_NO_NAME: Final = (
    r"(?:Die|Der|Das|Eine?|Unsere?|Le|La|Les|Los|Las|El|Une?|Una|O|A|Os|As|Uma?|The|Noss[oa]|Nuestr[oa]"
    r"|Notre|In|Am|Im)\b"
)
_PERSON: Final = (
    rf"(?:\b{_TITLE}\s{_WORD}(?:\s{_WORD}){{0,2}}|\b(?!{_NO_NAME}){_WORD}\s{_WORD}(?:\s{_WORD})?)"
)
_LIVES: Final = (
    r"\s(?:wohnt|habite|vive|mora|réside|reside|demeure)\s"
    r"(?:(?:in|im|am|an|auf|der|dem|den|au|à|en|na|no|em|a|la|el|numéro|n°)\s){0,3}"
)
_OF: Final = rf"\s(?:von|des|der|de|du|da|do|del)\s{_PERSON}"
_LABEL: Final = (
    r"\b(?:(?:[Pp]rivat|[Ww]ohn)(?:anschrift|adresse)"
    r"|[Aa]dresse (?:personnelle|privée|du domicile)|[Dd]omicilio particular"
    r"|[Dd]irección (?:particular|personal)|[Ee]ndereço (?:residencial|particular|pessoal))"
    rf"(?:{_OF})?(?:\s(?:ist|est|es|é|lautet))?\s?:?[*_]{{0,2}}\s"
    rf"|\b(?:[Dd]omicile|[Dd]omicilio){_OF}\s?:[*_]{{0,2}}\s"
)
_STREET: Final = (
    rf"(?:(?:{_WORD}[ -]){{0,3}}[\w-]{{0,24}}(?:straße|strasse|str\.|gasse|weg|platz|allee|damm"
    r"|ufer|stieg|steig|graben|ring|markt)\s\d{1,4}\s?[a-z]?\b"
    r"|\d{1,4}(?:\s(?:bis|ter))?,?\s(?:rue|avenue|boulevard|chemin|allée|impasse|quai|place|cours"
    r"|square|route|passage)\s[^\n,;.\d]{3,40}"
    r"|(?:[Cc]alle|C/|[Aa]venida|[Aa]v\.|[Aa]vda\.|[Pp]laza|[Pp]aseo|[Cc]arrera|[Cc]amino|[Rr]onda"
    r"|[Rr]ua|[Tt]ravessa|[Pp]raça|[Aa]lameda|[Ee]strada|[Vv]iale?|[Cc]orso|[Pp]iazza)"
    r"\s[^\n,;.\d]{2,40}?,?\s(?:n[º°]\s?)?\d{1,5}\b)"
    rf"(?:,\s(?:\d{{4,5}}(?:-\d{{3}})?\s)?{_WORD})?"
)
# "Peter Askew, 14 Marlowe Close, Leeds LS7 3PF, his home"
_HIS: Final = (
    rf"\b(?!{_NO_NAME}){_WORD}\s{_WORD},\s\d{{1,5}}[A-Za-z]?\s(?:{_WORD}\s){{1,3}}?(?:Street|St|Avenue"
    r"|Ave|Road|Rd|Drive|Dr|Lane|Ln|Court|Ct|Place|Pl|Square|Sq|Terrace|Way|Close|Crescent|Gardens"
    r"|Grove|Mews|Row|Walk)\b[^\n;!?]{0,60}?,\s(?:his|her|their)\s(?:home|house|flat|apartment)\b"
)
_HAN: Final = r"[^\W\d]"
_CHINESE: Final = (
    r"(?:(?:先生|女士|小姐|太太|客户|患者|员工)(?:现)?(?:居住|家住|住)(?:在|于)?"
    r"|(?:家庭住址|家庭地址|住宅地址|居住地址|家住)(?:是|为|在)?[：:]?\s?)"
    rf"{_HAN}{{2,20}}?(?:路|街|道|巷|弄|胡同|村)\s?\d{{1,5}}\s?(?:号|弄)"
    r"(?:\s?\d{1,4}\s?(?:号楼|单元|栋|幢|座|层|楼|室|号)){0,4}"
)
HOMES: Final = (rf"(?:{_PERSON}{_LIVES}|{_LABEL}){_STREET}", _HIS, _CHINESE)
"""Patterns of an address with what says that it is somebody's home, in six languages."""
