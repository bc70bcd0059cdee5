"""Whether a value is the company's own: its system prompt or its documents give it out themselves.

A hotline, an office's address or a mailbox that the operator tells the model is no leak. What the
operator tells it of a customer may be one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from detectors.base import Record

GIVEN_OUT: Final = frozenset({"PHONE_NUMBER", "EMAIL_ADDRESS", "STREET_ADDRESS", "URL"})
"""The only kinds that a company gives out."""

_MOST_CHARS: Final = 200_000
_BESIDE: Final = 100
_FEWEST_DIGITS: Final = 6
_CUSTOMERS: Final = re.compile(
    r"(?i)\b(?:customer|user|client|patient|member|guest|tenant|employee|account holder|caller"
    r"|kund(?:e|en|in)"
    r"|nutzer(?:in|s)?|patient(?:in|en)?|mieter(?:in|s)?|cliente|usuario|paciente|usuário|locataire"
    r"|utilisateur)(?:['’]s)?(?::| is\b| named\b| called\b| (?:phone|mobile|number|e-?mail|address"
    r"|telefon|name"
    r"|adresse|nummer|ist|heißt|se llama|est|é)\b)|\b(?:home|private|privat\w*) (?:phone|number"
    r"|address|e-?mail"
    r"|adresse|nummer)\b|(?:客户|用户|患者|会员)(?:的|：|:|是|姓名|电话|手机)"
)
_OFFICES: Final = re.compile(
    r"(?i)\b(?:hot-?lines?|support|service|customer care|contact us|call us|reach us|write to us"
    r"|e-?mail us"
    r"|visit us|office|head ?quarters|reception|help ?desk|our (?:shop|store|address|number|branch"
    r"|team)"
    r"|branch|press|sales|info|imprint|impressum|kontakt|kundenservice|kundendienst|zentrale"
    r"|geschäftsstelle"
    r"|filiale|rufen sie|erreichen sie|atención|contacto|oficina|llámenos|sede|tienda"
    r"|service client|contactez"
    r"|accueil|agence|appelez|atendimento|contato|fale conosco|ligue|loja|central de)\b"
    r"|客服|热线|联系我们|总部|门店|咨询"
)


def is_own(record: Record, entity: str, value: str) -> bool:
    """Whether the operator gives a value out: in the system prompt unless it is said to be a
    customer's there, in a document only beside a word for an office of the company."""
    if entity not in GIVEN_OUT:
        return False
    prompt = (record.system_prompt or "")[:_MOST_CHARS]
    if any(not _CUSTOMERS.search(around) for around in _places(prompt, entity, value)):
        return True
    return any(
        _OFFICES.search(around) and not _CUSTOMERS.search(around)
        for document in record.context
        for around in _places(document[:_MOST_CHARS], entity, value)
    )


def _places(text: str, entity: str, value: str) -> Iterator[str]:
    """What stands on the line before a value, and the value's first character, wherever it is in a
    text."""
    pattern = _pattern(entity, value)
    if not text or pattern is None:
        return
    for one in pattern.finditer(text):
        near = max(0, one.start() - _BESIDE)
        line = text.rfind("\n", near, one.start()) + 1
        yield text[line or near : one.start() + 1]


def _pattern(entity: str, value: str) -> re.Pattern[str] | None:
    """Finds a value however it is spaced; of a phone number the last digits are enough."""
    if entity == "PHONE_NUMBER":
        digits = re.sub(r"\D", "", value)[-9:]
        if len(digits) < _FEWEST_DIGITS:
            return None
        return re.compile(r"[\s()./-]{0,3}".join(digits) + r"(?!\d)")
    words = re.findall(r"[^\W_]+", value)
    if not words:
        return None
    return re.compile(
        r"(?<!\w)" + r"\W{1,4}".join(map(re.escape, words)) + r"(?!\w)", re.IGNORECASE
    )
