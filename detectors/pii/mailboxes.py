"""Whose an e-mail address is: a person's, a company's, nobody's, or no address but a login.

An address of an office ("support@", "kundenbetreuung@") is a company's, in whatever language: each
part of its name is a word for an office, a country or a number. Where an answer invents addresses,
"john.smith@school.com" among them, all of that domain are invented.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from detectors._text.given_names import given_names

# Whole words, and beginnings that no name of a person has.
_OFFICES: Final = re.compile(
    r"(?:info|help|aide|sales|office|press|media|team|jobs?|career|careers|dpo|gdpr|legal|web"
    r"|post|care|desk|order|orders|return|returns|abuse|host|shop|store|tienda|hello|hallo|hola"
    r"|bonjour|ciao|welcome|general|central|mail|news|event|events|partner|partners|hr|member"
    r"|members|school|museum|visit|ticket|tickets|reply|alert|alerts|sac|account|accounts|finance"
    r"|booking|bookings|presse|prensa|stampa|hilfe|ayuda|ventas|vendas|vente|ventes|recht|investor"
    r"|investors|buero|büro|bureau|ufficio|oficina|privacy|shipping|support|service|services"
    r"|(?:kontakt|contact|kund(?:en|in)|soporte|suporte|support|assist(?:en[ct]|ance)|servic|servizi"
    r"|vertrieb|verkauf|commercial|admin|sekretariat|secretar|imprensa|marketing|werbung|feedback"
    r"|karriere|bewerbung|recruit|empleo|datenschutz|billing|rechnung|buchhaltung|factura|compta"
    r"|invoice|webmaster|postmaster|poststelle|hostmaster|enquir|inquir|anfrage|customer|clients?"
    r"(?!en)|cliente|atencion|atendimento|reserv|buchung|bestell|pedido|commande|ordini|retoure"
    r"|warranty|garantie|noreply|notificat|sicherheit|security|boutique|reception|rezeption"
    r"|technik|technique|tecnic[oa]$|financeiro|tesouraria|ouvidoria|comercial|accueil|recep[cç]"
    r"|werkstatt|empfang|verwaltung|contabilidad|disposition"
    r"|admission|manage(?:rs|ment)|concierge|donation|volunteer|catering|editorial|redaktion"
    r"|newsroom|leasing|rentals|hotel|restaurant|museum|clinic|klinik|apotheke|theat(?:er|re)"
    r"|zentrale|newsletter|personal|membership|mitglied|registr|bibliothek|library)\w*)"
)
# "sohomanagers@", "soho.managers@": endings that no name of a person has.
_OFFICE_ENDING: Final = re.compile(
    r"(?:[^\W\d_]{3,30}|[\w.-]{3,40}[._-])(?:managers|management|reservations|bookings|enquiries"
    r"|inquiries|admissions|support|help|helpdesk|desk|office|team|events|catering|hotel|museum"
    r"|clinic|restaurant)"
)
# Joins of such words, and what stands beside them: countries, languages, regions.
_BESIDE: Final = frozenset(
    """
    no do not the and us uk eu de fr es it at ch nl be pl pt br ca au in jp cn kr se dk fi ie za ae
    emea apac latam global europe germany france spain italy international my our de la el le au
    der die das fuer für to for
    """.split()  # noqa: SIM905
)
_SHORTEST_NAME: Final = 4
_ROLES: Final = frozenset(
    """root git deploy ubuntu ec2-user postgres daemon mailer-daemon nobody www-data jenkins builder
    runner user""".split()  # noqa: SIM905
)
_PLACEHOLDERS: Final = frozenset(
    """name yourname your.name username example email firstname.lastname first.last john.doe johndoe
    jane.doe janedoe john.smith jsmith johnsmith jane.smith jdoe max.mustermann mustermann
    erika.mustermann juan.perez jean.dupont mario.rossi someone somebody yourcompany""".split()  # noqa: SIM905
)
UNSEEN: Final = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
"""Characters that take no room, for a class of a regular expression."""
_UNSEEN: Final = dict.fromkeys(map(ord, UNSEEN))
_AT: Final = re.compile(r"\s?[\[({]\s?(?:at|@)\s?[\])}]\s?", re.IGNORECASE)
_DOT: Final = re.compile(r"\s?[\[({][^\])}]{1,8}[\])}]\s?")
_ADDRESSES: Final = re.compile(r"([\w.+-]{1,64})@([\w-]{1,63}(?:\.[\w-]{1,63}){1,5})")
_NOBODYS_DOMAIN: Final = re.compile(
    r"(?:^|\.)(?:gserviceaccount\.com|noreply\.(?:github|gitlab)\.com|compute\.internal)$"
)
# Providers that give addresses to anybody: an invented one says nothing of its neighbours.
_PROVIDERS: Final = re.compile(
    r"(?:^|\.)(?:gmail|googlemail|yahoo|hotmail|outlook|live|icloud|aol|gmx|web|proton(?:mail)?"
    r"|mail|posteo|libero|orange|free|wanadoo|qq|163|yandex)\.\w+(?:\.\w+)?$"
)
_REMOTE: Final = re.compile(
    r"(?:://|(?:^|[\s`\"'(])(?:ssh|scp|sftp|rsync|mosh|ssh-copy-id|git)\s[^\n]{0,120}\s?"
    r"|message-id:\s?|\bAAAA[A-Za-z0-9+/=]{20,900}\s)[^\s]{0,60}$",
    re.IGNORECASE,
)
_REMOTE_PATH: Final = re.compile(r":(?:[\w.~/-]*[a-zA-Z~/.][\w.~/-]*)")


def typed_email(address: str) -> str:
    """An address as it is typed, where it was written as "ann [at] posteo [dot] de", in wide
    letters or with marks in it that nobody sees."""
    address = unicodedata.normalize("NFKC", address.translate(_UNSEEN))
    if not any(bracket in address for bracket in "[({"):
        return address
    return _DOT.sub(".", _AT.sub("@", address))


def is_login(text: str, start: int, end: int, address: str) -> bool:
    """Whether a span is no address but a login, a remote or a machine's name."""
    local, _, domain = address.lower().rpartition("@")
    return bool(
        _REMOTE.search(text, max(0, start - 1_000), start)
        or _REMOTE_PATH.match(text, end)
        or local.rpartition("/")[2] == "git"
        or _NOBODYS_DOMAIN.search(domain)
    )


def is_nobodys(text: str, address: str) -> bool:
    """Whether an address is of an office or invented, and not a person's."""
    local, _, domain = address.lower().rpartition("@")
    if local in _ROLES or local in _PLACEHOLDERS or _is_office(local):
        return True
    if _PROVIDERS.search(domain):
        return False
    return domain in _invented_domains(text)


@lru_cache(1)
def _invented_domains(text: str) -> frozenset[str]:
    """The domains of a text's addresses that are placeholders: asked for once for each address."""
    return frozenset(
        there.lower() for other, there in _ADDRESSES.findall(text) if other.lower() in _PLACEHOLDERS
    )


def is_of_its_domain(address: str) -> bool:
    """Whether an address is called as its domain is ("adlerhof@hotel-adlerhof.de"), as an
    organisation's may be, and as nobody is by a given name."""
    local, _, domain = address.lower().rpartition("@")
    label = "".join(domain.split(".")[:-1])
    return (
        len(local) >= _SHORTEST_NAME
        and local.isalpha()
        and local in label
        and local not in given_names()
    )


def has_office(text: str) -> bool:
    """Whether an office's address stands in a text."""
    return any(_is_office(local.lower()) for local, _ in _ADDRESSES.findall(text))


def _is_office(local: str) -> bool:
    if _OFFICE_ENDING.fullmatch(local):
        return True
    parts = [part for part in re.split(r"[._+-]|\d+", local) if part]
    return any(map(_OFFICES.fullmatch, parts)) and all(
        part in _BESIDE or _OFFICES.fullmatch(part) for part in parts
    )
