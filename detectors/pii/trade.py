"""Whether an address or a phone number is an organisation's, or of a house on offer: what a search
for shops, hotels, offices or homes gives everybody.

It takes an organisation that is named or called by its kind before it, or a department called
"ours", or a word of trade beside it (hours of opening, a legal form, a listing's price or rooms,
"visit us"), or a request for such places and a business's way of being told of ("located at", "you
can reach them at"); and no person whose it may be.
"""

from __future__ import annotations

import re
from typing import Final

from detectors.pii import organisations, people
from detectors.pii.mailboxes import has_office, is_of_its_domain, typed_email

_KINDS: Final = frozenset({"STREET_ADDRESS", "PHONE_NUMBER", "US_DRIVER_LICENSE"})
# Boxes of soldiers.
_MILITARY: Final = re.compile(r"\b(?:PSC|CMR|[AFD]PO)\b")
_DRIVER: Final = re.compile(r"(?i)\bdriv")
_BEFORE: Final = 240
_AFTER: Final = 160
_MOST_PROMPT: Final = 2_000
_DAY: Final = (
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:days?)?|daily|weekdays?|24/7|noon"
    r"|midnight"
)
_TRADE: Final = re.compile(
    r"\b(?:GmbH|UG|KG|Inc|LLC|L\.L\.C|Ltd|Corp|S\.A|S\.L|S\.p\.A|S\.r\.l|SARL|SAS|B\.V|Pty|Oy)\b"
    rf"|(?i:\b(?:opening|business|store|office|shop)? ?hours\b|\bopen\b[^\n]{{0,30}}\b(?:{_DAY})\b"
    rf"|\b(?:{_DAY}) ?(?:-|–|to|through|bis) ?(?:{_DAY})\b|\b(?:closed|open) (?:on|from|until)\b"
    r"|\baround the clock\b|\b\d{1,2}(?::\d\d)? ?[ap]\.?m\b\.? ?(?:-|–|to|until) ?\d"
    r"|\blisted by\b|\blistings?\b|\bfor (?:sale|rent)\b|\blot size\b|\bsq\.? ?f(?:ee)?t\b"
    r"|\b(?:\d+|two|three|four|five) (?:bed|bath)(?:room)?s?\b|\bbedrooms?:|\basking price\b"
    r"|\b(?:private|corporate) events?\b|\bthe (?:property|price is)\b"
    r"|\breservations?\b|\bcustomer (?:service|support|care)\b"
    r"|\b(?:bookings?|appointments?|tickets|rates start|opening times)\b|\bon duty\b"
    r"|\bcall collect\b|\(collect\)|\b(?:call|contact|reach|visit|write to|phone) us\b"
    r"|\b(?:hot|help|crisis|prevention|emergency|information)[ -]?lines?\b|\bhelp ?desk\b"
    r"|\b(?:front|information|lost[- ]and[- ]found)[- ](?:desk|office)\b|\bswitchboard\b"
    r"|\b(?:box|ticket|press|admissions?|tourist|consular|main) (?:office|desk|section)\b"
    r"|\bnon-emergency\b|\bdonations?\b|\badmission\b|\benquiries\b|\bwebsites?\b|\bwww\.\w"
    r"|\bper night\b|\bstar hotel\b|\b\d(?:\.\d)?[- ]stars?\b|\breviews?:|\brating\b"
    r"|\bthis (?:restaurant|hotel|shop|store|gym|bar|cafe|café)\b|\bcheck-?in\b"
    r"|\b(?:öffnungs|sprech|geschäfts)zeiten\b|\bgeöffnet\b|\bzu verkaufen\b|\bnotdienst\b"
    r"|\bimpressum\b|\bhoraires?\b|\bhorarios?\b|\bouvert\b|\babierto\b|\baberto\b|\bà vendre\b"
    r"|\ben venta\b|\bà venda\b|\breservas?\b|营业时间|出售|预订|热线|客服)"
)
_TOLD: Final = re.compile(
    r"(?i)\b(?:locat(?:ed|ions?)|situated|visit them|(?:reach|call|contact|find) (?:them|it|the)"
    r"|can be reached|their (?:web ?site|(?:phone|contact) number|address|store|shop|office)"
    r"|this (?:restaurant|hotel|shop|store|agency|location|place|gym|bar|cafe|café|home|property)"
    r"|contact(?: number)?:|address:|phone:|welcome (?:home )?to|(?:dream|new) home|nestled"
    r"|befindet sich|se encuentra|se trouve|fica)\b"
)
_ASKED: Final = re.compile(
    r"(?i)\bnear (?:me|by|here)\b|\bnearby\b|\bnearest\b|\b(?:for|on) sale\b|\bfor rent\b"
    r"|\brentals?\b|\bproperty (?:listing|management)\b|\boutlets?\b|\bselling a house\b"
    r"|\bcustomer (?:service|support|care)\b|\b(?:opening|store|business) hours\b|\bopen now\b"
    r"|\b(?:restaurant|hotel|shop|store|gym|bar|cafe|café|clinic|pharmac|hospital|museum|dealer"
    r"|bank|salon|school|supermarket|bakery|garage|realty|plumber|real estate)(?:s|ies|y)?\b"
    r"|\bvacations?\b|in (?:meiner|der) nähe\b|\bzu verkaufen\b|\bprès de (?:moi|chez)\b"
    r"|\bcerca de m[ií]\b|\bperto de mim\b|附近"
)


def may_be_of_trade(entity: str, value: str) -> bool:
    """Whether a value is of the kinds that an organisation gives everybody: where it is, its phone,
    an address that is called as its domain is, and its licence, which is written as a driver's."""
    if entity == "EMAIL_ADDRESS":
        return is_of_its_domain(typed_email(value))
    if entity == "US_DRIVER_LICENSE" and _DRIVER.search(value):
        return False
    return entity in _KINDS and not _MILITARY.search(value)


def is_trade(request: str | None, text: str, start: int, end: int) -> bool:
    """Whether what stands around a span, or the request, says that it is an organisation's."""
    request = (request or "")[-_MOST_PROMPT:]
    before = text[max(0, start - _BEFORE) : start]
    after = text[end : end + _AFTER]
    if len(after) == _AFTER:
        after = after.rsplit(None, 2)[0]  # a cut phrase may say what the whole one doesn't
    around = before + "\n" + after
    if people.is_spoken_of(around) or people.is_named(before, after):
        return False
    if people.is_asked_for(request):
        return False
    if _TRADE.search(around) or organisations.is_spoken_of(before):
        return True
    if organisations.is_ours(before):
        return True
    if organisations.is_named(before) or has_office(around):
        return True
    return bool(
        _ASKED.search(request) and not people.is_spoken_of(request) and _TOLD.search(around)
    )
