"""Whether an organisation is spoken of: by the kind of business or office that it is, alone or in
its name, or by a name that no person has.
"""

from __future__ import annotations

import re
from typing import Final

from detectors._text.common_words import LANGUAGES, Kind, kind_in, table

# Words of the names of businesses and offices, and of the common nouns for them.
_KINDS: Final = (
    r"hotel|inn|hostel|resort|lodge|motel|guest ?house|restaurant|caf[eé]|coffee|bistro|bar|grill"
    r"|pub|tavern|diner|pizz[ae]\w*|trattoria|osteria|bakery|brewery|brewing|winery|ramen|sushi"
    r"|noodles?|tacos|steak ?house|deli|museum|gallery|library|theat(?:er|re)|cinema|church|chapel"
    r"|cathedral|temple|mosque|synagogue|hospital|clinic|pharmacy|dental|dentistry|orthodontics"
    r"|veterinary|medical|cent(?:er|re)|university|college|school|academy|institute|kindergarten"
    r"|bank|credit union|insurance|realty|real estate|properties|group|partners|associates"
    r"|services|solutions|systems|technologies|industries|logistics|motors|auto|plumbing|plumbers?"
    r"|roofing|electric|landscaping|construction|contractors?|heating|cleaners|salon|spa"
    r"|barber ?shop|gym|fitness|studios?|club|association|foundation|society|shelter|food bank"
    r"|department|ministry|embassy|consulate|offices?|bureau|agency|authority|commission|council"
    r"|city hall|town hall|court ?house|county clerk|police|sheriff|airport|station|market"
    r"|super ?market|mall|store|shop|outlet|boutique|florist|book ?store|showroom|vineyards?|zoo"
    r"|aquarium|stadium|arena|headquarters|law firm|firm|company|corporation|label|records|music"
    r"|health ?care|wellness|consulting|capital|financial|foods|holdings|enterprises|rentals"
    r"|airways|labs|pharma\w*|therapeutics|international"
    r"|dealer(?:ship)?|parish|lighthouse|airline|brewpub|warehouse|branch|motorworks|garage"
    r"|gmbh|inc|llc|ltd|corp|praxis|kanzlei|apotheke|bäckerei|gaststätte|gasthaus|gasthof|rathaus"
    r"|klinik|clinique|cabinet|clínica|balneario|verein|stiftung|behörde|amt|filiale|geschäft|laden|musée|mairie|hôpital|magasin"
    r"|boulangerie|boutique|museo|biblioteca|ayuntamiento|tienda|panadería|farmacia|ospedale"
    r"|ristorante|albergo|loja|padaria|farmácia|pousada|museu|prefeitura"
)
# "Stadtmuseum": compounds of languages that write them as one word.
_COMPOUND: Final = (
    r"(?:\w*(?:museum|hotel|apotheke|praxis|bibliothek|restaurant|klinik|schule|theater)|\w{4,}amt)"
)
_NAME_WORD: Final = re.compile(rf"(?i)(?:{_KINDS}|{_COMPOUND})s?")
_SAID: Final = re.compile(
    rf"\b(?i:the|this|that|our|its|their|an?|your nearest|das|die|der|le|la|el|il|o|a)"
    rf"(?: [\w'’-]{{1,20}}){{0,3}} (?i:{_KINDS})(?i:s|['’]s)?\b"
    r"|\b[^\W\d_a-z][\w&'’.-]{0,24}"
    r"(?: (?:&|of|de|du|am|zum|zur|[^\W\d_a-z][\w&'’.-]{0,24})){0,4}"
    rf" (?=[A-ZÀ-Þ])(?i:{_KINDS})s?\b"
    rf"|\b(?=[A-ZÀ-Þ])(?i:{_KINDS}|{_COMPOUND})s?(?: [^\W\d_][\w&'’.-]{{0,24}}){{1,4}}"
    r"|\b(?:City|Town) Hall\b"
    rf"|(?:酒店|宾馆|餐厅|餐馆|饭店|博物馆|医院|学校|大学|银行|商店|公司|药店|超市|门店)"
)

# What "our" stands before: a department, a desk or a line, and nobody of it ("our team lead").
_OURS: Final = re.compile(
    r"\b(?:[Oo]ur (?:[\w-]{2,20} ){0,3}?(?:teams?|departments?|desk|office|support|services?|centre"
    r"|center|branch|division|unit|reception|switchboard|workshop|complaints|billing|sales|accounting"
    r"|lines?)(?!['’]s)\b(?! (?:lead|leader|member|manager|head|director|assistant|engineer|clerk"
    r"|agent|representative|technician))"
    r"|[Uu]nser(?:e[mnrs]?)? (?:[\w-]{2,20} ){0,2}?(?:Technik|IT|Buchhaltung|Vertrieb|Verwaltung"
    r"|Zentrale|Support|Empfang|Rezeption|Sekretariat|Werkstatt|Redaktion|Disposition|Niederlassung"
    r"|Beschwerde\w*|Büro|Team|Service|Kundendienst|Abteilung|Filiale|Hotline|Leitstelle"
    r"|\w{3,20}(?:technik|abteilung|dienst|stelle|service|zentrale|support|büro|team|center|zentrum"
    r"|annahme|hotline))"
    r"|[Nn](?:otre|os) (?:services?|équipes?|département|standard|accueil|bureaux?|agences?|centre"
    r"|support|assistance|secrétariat|comptabilité|direction|siège|pôle|guichet|permanence|atelier)"
    r"|[Nn]uestr[oa]s? (?:departamento|equipo|servicio|oficina|centro|central|centralita|línea"
    r"|atención|soporte|recepción|área|sección|sucursal|contabilidad|secretaría|delegación|sede"
    r"|taller)"
    r"|[Nn]oss[oa]s? (?:central|ouvidoria|atendimento|equipe|equipa|departamento|setor|serviço"
    r"|suporte|escritório|rece[pç]ção|secretaria|linha|filial|área|financeiro|tesouraria|assistência"
    r"|balcão|sede|agência|oficina|contabilidade|comercial|SAC))(?!\w)"
    r"|(?:我们|我們|我司|我公司|本公司|本店|我行|我院|我校)的?[\u4e00-\u9fff]{0,6}?"
    r"(?:部门|部門|部|团队|團隊|中心|客服|前台|办公室|處|处|科室|门店|总机)"
)

CAPITAL: Final = r"[^\W\d_a-zß-öø-ÿ]"
"""A capital letter, or one of a script without them."""
_NAME: Final = re.compile(rf"{CAPITAL}[\w'’-]*(?: (?:& |of )?{CAPITAL}[\w'’-]*){{1,4}}(?![\w:：])")
# "Shipping Address", "Project Manager": labels, and what a person is.
_NO_NAME: Final = frozenset(
    """
    name address phone telephone number mobile cell contact email mail details information info date
    birth id account record records file form customer client user member employee owner holder
    manager engineer director officer assistant doctor nurse teacher professor analyst consultant
    developer designer head lead chief clerk secretary driver agent representative specialist
    administrator coordinator supervisor technician accountant lawyer attorney architect scientist
    researcher writer editor journalist president candidate applicant guest patient tenant student
    city state country code location delivery shipping billing emergency home private personal
    summary notes profile report list table database results entry data security
    """.split()  # noqa: SIM905
)
_ENGLISH: Final = LANGUAGES.index("en")
_NEAR: Final = 100
_SOMEBODY: Final = re.compile(rf"{CAPITAL}[\w'’-]+ {CAPITAL}[\w'’-]+|先生|女士|小姐|老师|同事|经理")
_CUT: Final = re.compile(r"[.!?;]\s|[。！？；]|\n")


def is_word_of_a_name(word: str) -> bool:
    """Whether a word with a capital makes the name that it stands in an organisation's."""
    return _NAME_WORD.fullmatch(word) is not None


def is_spoken_of(around: str) -> bool:
    """Whether an organisation is named in a text, or called by its kind ("the clinic")."""
    return _SAID.search(around) is not None


def is_ours(before: str) -> bool:
    """Whether the last sentence of a text speaks of a department of whoever speaks ("our sales
    team"), and of nobody in it."""
    sentence = _CUT.split(before)[-1]
    ours = _OURS.search(sentence)
    if ours is None:
        return False
    return not any(map(_SOMEBODY.search, (sentence[: ours.start()], sentence[ours.end() :])))


def begins_ours(text: str, start: int) -> bool:
    """Whether such words begin at a place in a text."""
    return _OURS.match(text, start, start + _NEAR) is not None


def is_named(before: str) -> bool:
    """Whether a name that no person has stands at the end of a text, in its last sentence or on
    the line above: capitals, and a common word at the end ("Big Rig Towing")."""
    near = "\n".join(before[-_NEAR:].split("\n")[-2:])
    return any(map(_of_words, _NAME.findall(re.split(r"[.!?;]\s", near)[-1])))


def _of_words(name: str) -> bool:
    words = re.sub(r"['’]s\b", "", name).lower().split()
    common = kind_in(table().get(words[-1], 0), _ENGLISH)
    return common in (Kind.COMMON, Kind.NOUN) and _NO_NAME.isdisjoint(words)
