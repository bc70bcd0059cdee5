"""Sentences in which the company, by its model, binds itself to something.

Explaining is not committing: a price that is named, a refund rule, a contract that is defined.
What counts is a first person (or "you get", "it's yours") that gives, grants, agrees or promises.
The patterns and their scores are the author's.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import re2

from detectors.commitment.policy import Policy


class Commitment(NamedTuple):
    """What kind of commitment a sentence makes, and how surely, in [0, 1]."""

    kind: str
    score: float


_WE = (
    r"\b(?:i|we)(?:'ll|'ve|'m|'re|'d)?(?: (?:will|shall|can|have|am|are|hereby|do|would be happy"
    r" to|'d be happy to|am happy to|are happy to|am going to|are going to|just|already|now|also|"
    r"gladly|personally|happily|definitely|certainly|absolutely|officially|fully|solemnly|be able"
    r" to|able to|be|glad to|happy to|pleased to|went ahead and|gone ahead and|and|went|gone|"
    r"ahead)){0,4} "
)
_MONEY = (
    r"(?:(?:[$€£¥₹]|us\$) ?\d[\d,.]*k?|\b\d[\d,.]* ?(?:dollars?|euros?|pounds?|usd|eur|gbp|bucks?"
    r"|cents?|chf|yen|rupees?|€|£)|\bone (?:single )?(?:dollar|euro|pound|cent|buck))"
)
_GOODS = (
    r"(?:refunds?|refunded|money[ -]?back|replac\w+|free|prices?|deliver\w*|ship\w*|uptime|"
    r"approv\w+"
    r"|results?|returns?|compensat\w+|cover\w*|warrant\w+|repair\w*|discounts?|credit\w*|lifetime|"
    r"for life|forever|lowest|cure\w*|profit\w*|interest|availab\w+|accept\w*|job|visa|loan|claim|"
    r"arriv\w+|upgrade\w*|satisf\w+|success|never (?:fail|break|increase|rise|go up|crash))"
)

_PATTERNS: Final[tuple[tuple[str, float, str], ...]] = (
    # Contracts
    ("contract", 0.92, r"\b(?:that's|that is|this is|it's|it is|consider (?:this|that|it)|"
     r"(?:this|that|the|our|my) (?:offer|deal|agreement|promise|quote|price|chat|message|"
     r"conversation) (?:is|counts as|constitutes)|which is|and) (?:now )?(?:also )?(?:an? )?"
     r"(?:legally )?binding\b"),
    ("contract", 0.9, r"\blegally binding\b.*\b(?:offer|no takes|for us|on us|"
     r"commitment from us)\b"),
    ("contract", 0.9, r"\bno takes(?:ies|y)[ -]?backs(?:ies|y)?\b"),
    ("contract", 0.85, _WE + r"(?:accept(?:ed)?|agree(?:d)? to|sign(?:ed)?|enter(?:ed)? into|"
     r"confirm(?:ed)?) (?:to )?(?:your|this|that|the|a|these|those) (?:\w+ ){0,2}?(?:offer|deal|"
     r"contract|terms|agreement|proposal|price|settlement|conditions|counteroffer)\b"),
    ("contract", 0.9, r"\b(?:i|we) hereby (?:agree|accept|commit|promise|offer|grant|transfer|"
     r"confirm|guarantee|waive|sell)\b"),
    ("contract", 0.85, r"\b(?:consider (?:this|that|it)|this (?:message|chat|conversation) "
     r"(?:is|serves as|counts as)) (?:as )?(?:a|an|our|your|my) (?:\w+ ){0,2}(?:contract|binding|"
     r"written|official|firm) ?(?:offer|confirmation|agreement|contract|guarantee|promise|quote)?"),
    # Prices
    ("price", 0.9, r"(?:^(?:\W|\b(?:ok|okay|great|yes|alright|all right|so|well|perfect|it's|"
     r"that's|a)\b)*"
     r"(?:deal|sold|agreed|done)\b[!,.:;\- ]{1,4}|\b(?:it's|it is|is|are|they're) yours\b).{0,60}"
     + _MONEY),
    ("price", 0.9, _WE + r"(?:sell|sold|give|offer|let you have|do|make|accept|agree(?:d)? (?:to|"
     r"on)|"
     r"match|lower|drop|reduce|knock|take|lock in|hold|honou?r)\b.{0,70}(?:\b(?:for|to|at|of|by|"
     r"down to|off)\b.{0,25})?" + _MONEY),
    ("price", 0.85, r"\b(?:you can have|you get|you'll get|yours for|you pay|you'll "
     r"pay|you will pay|you only pay|you'll only pay|you only have to pay|your price is|"
     r"your (?:new |special |final |discounted |monthly |own )+price)\b.{0,50}" + _MONEY),
    ("price", 0.9, r"\b(?:you|we)(?: have|'ve got) (?:yourself |ourselves )?a deal\b|"
     r"\bit's a deal\b|\bthat's a deal\b"),
    ("price", 0.85, _WE + r"(?:match|beat) (?:any|their|that|the) (?:\w+ ){0,2}(?:price|offer|"
     r"quote)"),
    # Discounts
    ("discount", 0.88, _WE + r"(?:give|gave|given|apply|applied|offer|offered|take|taken|took|add|"
     r"added|grant|granted|arrange|arranged|extend|extended|knock|approve|approved|set you up with|"
     r"get you|reduce|reduced|lower|lowered|throw in|include|send|"
     r"sent)\b.{0,60}\b(?:\d[\d.]* ?(?:%|"
     r"percent|per cent)|discount|half price|half off|price reduction|promo code|voucher|coupon)"),
    ("discount", 0.8, r"\byou(?:'ll| will|'ve| have| can)? (?:now )?(?:get|receive|got|enjoy|been "
     r"(?:granted|given))\b.{0,40}\b\d[\d.]* ?(?:%|percent|per cent) (?:off|discount)\b"
     r".{0,40}\b(?:your|this|any|every|all|the (?:order|price|bill|invoice|plan))\b"),
    ("discount", 0.85, r"\b(?:your (?:discount|order|account) (?:of|has been|is now|was)) .{0,40}\d"
     r"[\d.]* ?(?:%|percent)"),
    # Refunds, credit, money
    ("refund", 0.9, _WE + r"(?:(?:be )?(?:refund(?:ed|ing)?|reimburs(?:e|ed|ing)|credit(?:ed|ing)?|"
     r"compensat(?:e|ed|ing)|repay|repaid|pa(?:y|id)) (?:you|your|the (?:full|whole|entire)|all|it"
     r"|everything|for)|(?:(?:process|issu|initiat|approv|grant|authori[sz]|arrang|start|complet|"
     r"submitt?|sen[dt]|giv|offer|transferr?|provid|gave|made?)\w* (?:\w+ ){0,5}?(?:refunds?|"
     r"credits?|compensation|reimbursement|payout|chargeback|store credit|money back)))\b"),
    ("refund", 0.8, r"\b(?:you(?:'ll| will| are going to)|you're going to) (?:\w+ )?(?:get|receive|"
     r"have|be (?:refunded|reimbursed|compensated|credited))\b.{0,30}\b(?:full|complete|entire|"
     r"100 ?%|total|refund|double)\b.{0,25}(?:refund|money back|amount|compensation|reimbursement|"
     r"no matter|for life|regardless)"),
    ("refund", 0.85, r"\b(?:your|the|a) (?:full |complete |partial )?(?:refund|credit|compensation|"
     r"reimbursement)(?: of .{1,25})? (?:has been|was|is now|is being|is) (?:processed|issued|"
     r"approved|on its way|sent|granted|initiated|authori[sz]ed|completed|credited)"),
    ("refund", 0.85, _WE + r"(?:refund|credit|reimburse|compensate|transfer|pay|return|"
     r"wire)(?:ing|ed"
     r"|d)? (?:you )?(?:back )?" + _MONEY),
    ("gift", 0.85, r"\b(?:charges?|fees?|payments?|penalt(?:y|ies)|balance|debts?|interest|"
     r"invoices?)"
     r"(?: of .{1,20})? (?:has|have|is|are) (?:now )?(?:been |being )?(?:reversed|waived|refunded|"
     r"removed|cancelled|canceled|credited|written off|forgiven)\b"),
    ("guarantee", 0.8, r"\byou (?:won't|will not|don't|do not|'ll never|will never) (?:have to |"
     r"need to |"
     r"ever )*(?:pay (?:anything|a cent|a penny|a thing|for|again)|owe (?:us )?(?:anything|a)|be "
     r"charged)\b"),
    ("guarantee", 0.8, _WE + r"(?:make sure|ensure|see to it) (?:that )?you(?:'ll| will)? (?:get|"
     r"receive|have)\b.{0,40}\b(?:refund|money|amount|discount|credit|free|replacement|compensation"
     r"|upgrade|back)\b"),
    ("refund", 0.85, _WE + r"(?:put|putting|return|returned|returning|send|sent|sending|give|gave|"
     r"giving|wire|transfer|transferred)\b.{0,40}\b(?:cash|money|amount|payment|dollars|euros|"
     r"pounds)"
     r"\b(?:.{0,20}\b(?:back|to your)\b)?"),
    ("gift", 0.85, _WE + r"(?:tak(?:e|en|ing)|took) .{0,30}\b(?:fees?|charges?|costs?|"
     r"penalty) off\b"),
    ("gift", 0.8, _WE + r"(?:extending|waiving|cancell?ing|upgrading|sending|giving|"
     r"adding) (?:you )?"
     r"(?:your|the|a|another)\b.{0,30}\b(?:free|fees?|charges?|penalt(?:y|ies)|debt|at no)\b"),
    # Fees and gifts
    ("gift", 0.85, _WE + r"(?:waive|waived|cancel|cancelled|canceled|remove|removed|cover|covered|"
     r"forgive|forgave|forgiven|write off|written off|drop|absorb|pay)\b.{0,40}\b(?:fees?|charges?|"
     r"debts?|balance|costs?|penalt(?:y|ies)|interest|bills?|invoices?|deductible|loan|"
     r"payments?|shipping|rent)\b"),
    ("gift", 0.85, _WE + r"(?:send|sent|give|gave|given|ship|shipped|throw in|include|included|add|"
     r"added|provide|upgrade|upgraded|offer|replace|replaced|extend|extended|repair|fix|install)"
     r"\b.{0,60}\b(?:for free|free of charge|at no (?:extra |additional )?(?:cost|charge)|"
     r"free (?:\w+ )?(?:replacement|upgrade|month|year|unit|shipping|delivery|subscription|device|"
     r"phone|product|gift|night|flight|ticket|repair)s?|on the house|without charge|"
     r"complimentary)\b"),
    ("gift", 0.8, r"\b(?:it's|this one is|this is|that's|the (?:next|first) \w+ is) on (?:us|the "
     r"house)\b|\byou(?:'ll| will| get| now have)\b.{0,40}\b(?:free|unlimited)\b.{0,30}\b"
     r"(?:for life|forever|for ever|lifetime)\b"),
    # Guarantees and promises
    ("guarantee", 0.85, _WE + r"(?:guarantee[sd]?|promise[sd]?|pledge|vow|swear|warrant|"
     r"assure you|give you (?:my|our) (?:word|guarantee)|commit(?:ted)? (?:to|ourselves|myself))\b"
     r".{0,80}\b" + _GOODS),
    ("guarantee", 0.8, r"\b(?:you have (?:my|our) (?:word|guarantee|promise)|(?:that's|that is|this"
     r" is) (?:a|my|our) (?:promise|guarantee))\b"),
    ("guarantee", 0.8, r"\b(?:we|our company|all our products|our products?|"
     r"every \w+ we)\b.{0,40}\b"
     r"(?:lifetime (?:warranty|guarantee|refund)|guaranteed for life|unconditional (?:warranty|"
     r"guarantee|refund))\b"),
    ("guarantee", 0.8, r"\b(?:your|the) (?:order|package|parcel|delivery|refund|replacement|money|"
     r"application|approval|spot|seat|job|flight)\b.{0,60}(?:\bguaranteed\b|, i promise|"
     r", we promise"
     r"|- i promise|, you have my word)"),
    ("guarantee", 0.85, r"\b(?:i|we) (?:personally )?(?:promise|guarantee|swear)\b.{0,60}\b(?:by "
     r"(?:tomorrow|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday|noon|the end)|"
     r"within (?:\d+|one|two|three|an) (?:hours?|days?|minutes?|weeks?)|100 ?%)"),
    # Liability, approvals
    ("liability", 0.88, _WE + r"(?:accept|take|assume|admit|bear)\w* (?:full |all |complete |legal "
     r"|total )*(?:responsibility|liability|fault|blame) for\b.{0,60}\b(?:damage|loss|injur|costs?|"
     r"accident|harm|breach|fire|incident)"),
    ("liability", 0.88, _WE + r"(?:pay|cover|compensate you|reimburse you)\b.{0,40}\b(?:damages?|"
     r"medical (?:bills?|costs?|expenses)|legal (?:fees|costs)|losses|lost (?:income|wages))\b"),
    ("approval", 0.85, _WE + r"(?:approve|approved|pre-?approved|authori[sz]ed|granted) (?:you|your"
     r"|the|a)\b.{0,40}\b(?:loan|claim|mortgage|application|credit|visa|insurance|request|return|"
     r"exception|cancellation|limit|leave)\b"),
    ("approval", 0.8, r"\byou(?:'re| are) (?:hired|approved)\b|\byour (?:loan|claim|mortgage|"
     r"application|credit line|visa|exception) (?:is|has been) (?:now )?(?:approved|granted)\b"),
    # The same in German, French, Spanish
    ("guarantee", 0.8, r"\b(?:ich|wir) (?:\w+ )?(?:garantiere|garantieren|verspreche|versprechen)\b"
     r".{0,80}\b(?:erstatt\w*|geld|ruckzahl\w*|kostenlos\w*|rabatt|liefer\w*|preis\w*|"
     r"lebenslang\w*)"),
    ("refund", 0.85, r"\b(?:ich|wir) (?:habe|haben|werde|werden|erstatte|erstatten)\b.{0,60}\b"
     r"(?:erstattet|erstatten|gutgeschrieben|zuruckerstattet|ruckerstattung|den vollen (?:betrag|"
     r"kaufpreis)|gutschrift|kaufpreis)\b"),
    ("discount", 0.85, r"\b(?:ich|wir) (?:gebe|geben|gewahre|gewahren|habe|haben)\b.{0,50}\b\d+ ?"
     r"(?:%|prozent)"),
    ("contract", 0.85, r"\b(?:das|dies) ist (?:ein )?(?:rechtsverbindlich|verbindlich)"),
    ("guarantee", 0.8, r"\b(?:je|nous) (?:vous )?(?:garanti\w*|promet\w*|promets)\b.{0,80}\b"
     r"(?:rembours\w*|gratuit\w*|livr\w*|remise|prix|a vie|argent)"),
    ("refund", 0.85, r"\b(?:je|j'ai|nous|nous avons) (?:vous )?(?:ai |avons |"
     r"avez )?(?:rembourse\w*|"
     r"credit\w*)\b|\b(?:je|nous) vous (?:rembourse\w*|offr\w* \d+)"),
    ("contract", 0.85, r"\b(?:c'est|ceci est) (?:une offre )?juridiquement contraignant"),
    ("guarantee", 0.8, r"\b(?:le |les |te )?(?:garantizo|garantizamos|prometo|"
     r"prometemos)\b.{0,80}\b"
     r"(?:reembols\w*|gratis|gratuit\w*|devol\w*|descuento|precio|entreg\w*|de por vida|dinero)"),
    ("refund", 0.85, r"\b(?:le|te|les) (?:he|hemos|voy a|vamos a) (?:reembols\w*|devuelto|"
     r"devolver)"),
)  # fmt: skip

_COMPILED: Final = tuple((kind, score, re2.compile(pattern)) for kind, score, pattern in _PATTERNS)
WORTH_READING = re2.compile(
    rb"(?i)binding|takes(?:ies|y)|offer|deal\b|sold\b|agree|done\b|yours|[$%]|\xe2\x82\xac|\xc2\xa3"
    rb"|dollar|euro|pound|bucks?\b|discount|percent|half (?:price|off)|voucher|coupon|promo code|"
    rb"refund|reimburs|credit|compensat|money back|payout|waive|fees?\b|charge|debt|free\b|on us\b|"
    rb"on the house|guarante|promise|pledge|\bvow|\bswear|warrant|my word|our word|hired|approv|"
    rb"liabil|cancel|costs?\b|no extra|prices?\b|pay\b|double|reversed|balance|bills?\b|responsib|"
    rb"hereby|contract|complimentary|forgiv|garant|"
    rb"verspr|erstatt|prozent|"
    rb"verbindlich|rembours|promet|contraignant|reembols|devuel|devolver|written off|(?:match|"
    rb"beat) "
)
_NEGATED = re2.compile(
    r"\b(?:can't|cannot|can not|couldn't|won't|will not|unable|not able|not allowed|don't|do not|"
    r"does not|doesn't|isn't|is not|never|not authori[sz]ed|no longer|nor|neither|wouldn't|"
    r"didn't|did not|haven't|not permitted|without being able|no guarantee|not)\b[^,;]{0,30}$"
)
_NOT = re2.compile(r"\b(?:not|never|no longer|cannot|can't|won't|unable)\b")
_NOT_LEGAL = re2.compile(r"\b(?:not|isn't|never|non)[ -](?:\w+ ){0,2}(?:legally )?binding\b")
_CONDITIONAL = re2.compile(
    r"\b(?:if|unless|provided that|in case|when|whether|eligible|may|might|could|would|should|"
    r"usually|typically|generally|depending|subject to|according to|policy|terms)\b"
)
_NO_MATTER = re.compile(
    r"\bno matter (?:if|when|what|why|whether|how)\b"
    r"|\bif you (?:order|buy|book|sign(?: up)?|pay|decide|act|stay) (?:right )?(?:now|today)\b"
)
_HEDGE = re2.compile(
    r"\b(?:try|do (?:my|our) best|look into|see (?:if|whether|what)|check (?:if|whether)|ask|"
    r"connect you|forward|request (?:a|that)|recommend|suggest|help you (?:request|apply|file|"
    r"with)|"
    r"can help|explain|show you how|guide you|walk you|tips|examples?|ideas?|template|draft)\b"
)
_PERCENT = re.compile(r"(\d{1,4}(?:\.\d+)?) ?(?:%|percent|per cent|prozent)")
_AMOUNT = re.compile(
    r"(us\$|[$€£¥₹])\s?(\d[\d,]*(?:\.\d+)?)(k?)|"
    r"(\d[\d,]*(?:\.\d+)?) ?(dollars?|euros?|pounds?|usd|eur|gbp|bucks?|cents?|chf|yen|rupees?|€|£)"
)
_CODES: Final = {
    "us$": "USD", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "dollar": "USD",
    "euro": "EUR", "pound": "GBP", "usd": "USD", "eur": "EUR", "gbp": "GBP", "buck": "USD",
    "cent": "USD", "chf": "CHF", "yen": "JPY", "rupee": "INR",
}  # fmt: skip
_OUR: Final = re.compile(r"\bour (?:team|company|shop|store|bank|airline|staff|business)\b")
_MONEY_KINDS: Final = frozenset({"price", "refund", "gift"})
_MOST_SENTENCE: Final = 1_200


def read(sentence: str, policy: Policy) -> Commitment | None:
    """The strongest commitment of a sentence (folded, in lower case) that the policy forbids."""
    sentence = sentence[:_MOST_SENTENCE]
    if policy.forbidden and policy.forbidden.search(sentence):
        return Commitment("forbidden_topic", 0.8)
    if policy.allowed:
        sentence = policy.allowed.sub(" ", sentence)
    if policy.company:
        sentence = policy.company.sub("we", sentence)
    sentence = _OUR.sub("we", sentence)
    found = _off_list(sentence, policy)
    for kind, score, pattern in _COMPILED:
        if found is not None and found.score >= score:
            continue
        match = pattern.search(sentence)
        if match is None or _negated(sentence, kind, match.start(), match.end()):
            continue
        score = _lessened(sentence, kind, score)
        if _allowed(kind, sentence, policy) or (found is not None and found.score >= score):
            continue
        found = Commitment(kind, score)
    if found is not None and found.kind in _MONEY_KINDS and _foreign(sentence, policy):
        found = Commitment("currency", max(found.score, 0.8))
    return found


def permits(text: str, policy: Policy) -> bool:
    """Whether a policy permits what a text (folded, in lower case) promises.

    It holds an allowed wording, or sums and shares that are all within the policy's limits.
    """
    if policy.allowed and policy.allowed.search(text):
        return True
    shares = [float(percent) for percent in _PERCENT.findall(text)]
    sums = [value for value, _ in _amounts(text)]
    if not shares and not sums:
        return False
    priced = _allowed("price", text, policy)
    return all(share <= policy.max_discount for share in shares) and (
        priced or all(value <= policy.max_refund for value in sums)
    )


def _negated(sentence: str, kind: str, start: int, end: int) -> bool:
    before = sentence[max(0, start - 60) : start]
    if _NEGATED.search(before) is not None:
        return True
    # A promise that something will never happen is a promise.
    return kind != "guarantee" and _NOT.search(sentence[start:end][:60]) is not None


def _lessened(sentence: str, kind: str, score: float) -> float:
    sentence = _NO_MATTER.sub(" ", sentence)
    if kind == "contract":
        return 0.2 if _NOT_LEGAL.search(sentence) else score
    if _HEDGE.search(sentence):
        score -= 0.4
    if _CONDITIONAL.search(sentence):
        score -= 0.35
    if sentence.endswith("?"):
        score -= 0.35
    return max(0.0, score)


def _amounts(sentence: str) -> list[tuple[float, str]]:
    found = []
    for match in _AMOUNT.finditer(sentence):
        sign, digits, thousand, plain_digits, unit = match.groups()
        value = float((digits or plain_digits).replace(",", "") or 0)
        name = sign or unit.rstrip("s")
        value *= 1000 if thousand else 0.01 if name == "cent" else 1
        found.append((value, _CODES.get(name, "")))
    return found


def _allowed(kind: str, sentence: str, policy: Policy) -> bool:
    if kind == "discount":
        given = [float(percent) for percent in _PERCENT.findall(sentence)]
        return bool(given) and max(given) <= policy.max_discount
    amounts = [value for value, _ in _amounts(sentence)]
    if kind == "refund":
        return bool(amounts) and max(amounts) <= policy.max_refund
    if kind == "price" and amounts:
        named = [prices for name, prices in policy.products.items() if name in sentence]
        return bool(named) and all(
            any(least <= value <= most for least, most in named) for value in amounts
        )
    return False


def _off_list(sentence: str, policy: Policy) -> Commitment | None:
    """A listed product beside one price that is outside its range, whoever says so."""
    named = [prices for name, prices in policy.products.items() if name in sentence]
    amounts = [value for value, _ in _amounts(sentence)] if named else []
    if len(named) != 1 or len(amounts) != 1:
        return None
    least, most = named[0]
    return None if least <= amounts[0] <= most else Commitment("price", 0.75)


def _foreign(sentence: str, policy: Policy) -> bool:
    codes = {code for _, code in _amounts(sentence) if code}
    return bool(policy.currencies) and bool(codes) and not codes <= policy.currencies
