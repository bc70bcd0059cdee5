"""Whether a value stands beside a person: one who is named before it, or words for somebody's home,
account, papers or kin.

Customers in general ("guests love it") are no person; a customer is. A name is a given name and a
surname, and no part of the name of a business ("Maria's Kitchen") or of a street.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from detectors._text.given_names import given_names
from detectors.pii.mailboxes import UNSEEN
from detectors.pii.organisations import CAPITAL, is_word_of_a_name

_KIN: Final = (
    r"husband|wife|mother|father|brother|sister|son|daughter|girlfriend|boyfriend|colleague|boss"
    r"|neighbou?r|landlord|landlady|teacher|witness|suspect|victim|whistle-?blower|your host"
    r"|babysit\w*|emergency contact|driver|applicant|candidate|defendant|plaintiff|seller|buyer"
    r"|volunteers?|passenger|mum|mom|dad"
)
_PERSON: Final = re.compile(
    r"(?i)\b(?:his|her|hers|my|mine|lives?|lived|living at"
    r"|(?-i:(?:M(?:rs?|s|iss|onsieur|me|adame)|Herrn?|Frau|S(?:eño)?ra?|Sig(?:nor[ae]?)?|Senhora?"
    r"|Mevrouw|Meneer)\.? [A-ZÀ-Þ])\w*|resid(?:es|ed|ing)|residents? (?:of|at|is)|tenants?"
    r"|patient(?:['’]s)?(?! (?:portal|services|care|parking|rooms?))"
    r"|customer(?:['’]s)?(?! (?:service|support|care|relations|reviews?|ratings?|hotline|helpline"
    r"|line|satisfaction|success|parking|representatives?|experience))|client(?<!service client)"
    r"|user(?! (?:reviews?|ratings?|manual|guide))|employees?|account holder|account of"
    r"|member (?:id|number|named)|the member|guest(?! (?:rooms?|reviews?|ratings?|services|house))"
    r"|(?:home|private|personal) (?:phone|address|number|mobile|cell|e-?mail|details|data"
    r"|information)|mobile(?! (?:app|banking|site|deposit|check|devices?|phones? (?:through|via|or"
    r"|to|with)))|cell|dob|date of birth|born|ssn"
    r"|social security number|passport (?:number|no)|card number|iban|salary|diagnos\w+|ordered"
    r"|order (?:of|for(?! (?:pick|take|deliv))|by)|(?:is|are) booked (?:for|by)|delivered to"
    rf"|ship(?:s|ped|ping)? to|(?<!by )owner|{_KIN}"
    r"|wohnt|kund(?:e|in)|patientin|mieter\w*|geboren|privat|privat(?:nummer|adresse|anschrift"
    r"|handy|telefon)|private[nrs]? (?:nummer|adresse|anschrift|handynummer|telefonnummer)"
    r"|works? (?:at|for|as|in)|working (?:at|for|as)|employed (?:at|by)"
    r"|habite|(?<!al )(?<!ao )cliente|née?|vive|nacid[oa]|mora|nascid[oa])\b|客户|患者|用户|住在"
    r"|\b(?:customers|patients|clients|users|members|guests|students?)"
    r"(?: (?:of|in|with|at|on|from|for) [^\n.:]{1,40})?:"
    r"|\b(?:(?:first|last|given|family|full|sur)[ _-]?name|vorname|nachname|pr[ée]nom|apellidos?)"
    r"[\"'*_]{0,3}\s?[:=]|\"(?:first|last)\"\s?:"
)
_WORD: Final = rf"{CAPITAL}[\w'’-]*"
_CAPITALISED: Final = re.compile(
    rf"{_WORD}(?:\.(?= ))?"
    rf"(?: (?:& |(?:de|da|del|van|von|der|la|of) )?{_WORD}(?:\.(?= ))?){{1,6}}"
)
_STREET: Final = re.compile(
    r"(?i)(?:st|street|ave|avenue|rd|road|drive|lane|ln|blvd|boulevard|way|court|place|square|rue"
    r"|via|viale|calle|avenida|rua|ulica|ul|plaza|piazza)\.?|\w*(?:straße|strasse|gasse|weg|platz)"
)
_STATE: Final = re.compile(r",? [A-Z]{2}\b")
# "Ask for Ella", with nothing behind her name.
_CALLED: Final = re.compile(
    r"\b(?i:ask for|call|contact|text|message|named?|this is|i['’]m|host is|with|nach|de|por|à)"
    rf" ({CAPITAL}[^\W\d_]+)(?!['’\w]| {CAPITAL})"
)
# A line of a record: a name, perhaps with its label before it and more after it.
_RECORD_LINE: Final = re.compile(r"[^\w\n]{0,6}(?:[\w ]{1,20}[\"']?[:：])?[\s\"'*|]{0,6}")
_SENTENCE: Final = re.compile(r"(?<!\b[A-Z])(?<!\b[DM]r)(?<!\b[Tt]el)(?<!\bMrs)[.!?;]\s")
_LINES: Final = 5
_MARKUP: Final = re.compile(rf"[*_`{UNSEEN}]+|</?[a-z]{{1,10}}>")
_BLANK: Final = re.compile(r"[^\S\n]+|&nbsp;")
_REACHED: Final = re.compile(
    r"(?i)\b(?:address|phone|telephone|number|e-?mail|contact|reach|call|live|home|find|adresse"
    r"|telefon\w*|nummer|dirección|teléfono|téléphone|endereço|telefone)\b"
)


def is_spoken_of(around: str) -> bool:
    """Whether words for one person's home, account, papers or kin stand in a text."""
    return _PERSON.search(around) is not None


def is_named(before: str, after: str) -> bool:
    """Whether a person is named as the owner of what stands between two texts: in the sentence
    before it, on a line of the record that it stands in, or in brackets behind it."""
    before, after = _bare(before), _bare(after)
    *lines, line = before.split("\n")
    sentence = _SENTENCE.split(line)[-1]
    if any(map(_is_person, _CAPITALISED.finditer(sentence))):
        return True
    if any(name.lower() in given_names() for name in _CALLED.findall(sentence)):
        return True
    behind = re.match(r"\s?\(([^()\n]{3,40})\)", after)
    if behind and any(map(_is_person, _CAPITALISED.finditer(behind[1]))):
        return True
    for earlier in lines[-_LINES:]:
        label = _RECORD_LINE.match(earlier)
        found = _CAPITALISED.match(earlier, label.end() if label else 0)
        rest = earlier[found.end() :].lstrip("\"'*") if found else ""
        if found and _is_person(found) and (not rest or rest[0] in ",|(–-\t;"):
            return True
    return False


def _bare(text: str) -> str:
    """A text without what stands in or between the words of a name and isn't read."""
    return _BLANK.sub(" ", _MARKUP.sub("", text))


def is_asked_for(request: str) -> bool:
    """Whether a request's last sentence asks where or how a named person is reached."""
    last = re.split(r"[.!?:]\s+|\n", request.rstrip(" .!?\n"))[-1]
    return _REACHED.search(last) is not None and any(map(_is_person, _CAPITALISED.finditer(last)))


def _is_person(found: re.Match[str]) -> bool:
    """Whether words with capitals begin with a given name and are a person's, in a text."""
    words = re.sub(r"['’]s\b", " 's", found[0]).replace(".", " ").split()
    if "&" in words or any(_STREET.fullmatch(word) or is_word_of_a_name(word) for word in words):
        return False
    if re.search(r"(?<![:.])\b\d{1,6}\w? $", found.string[: found.start()]) or _STATE.match(
        found.string, found.end()
    ):
        return False
    if "'s" in words[:-1]:
        words = words[: words.index("'s")]
    words = [word for word in words if word != "'s"]
    names = given_names()
    return any(first.lower() in names and len(last) > 1 for first, last in pairwise(words))
