"""Card numbers and e-mail addresses however they are written: in links, in bare prose, run together
with words, in wide letters, with marks in them that nobody sees."""

from __future__ import annotations

import random

import pytest

from detectors.base import Batch, Record
from detectors.pii.cards import BARE, EXPIRING, is_issued
from tests.support.scoring import score

PAGE = 0.5
IMMEDIATE = 0.8


def card(prefix, length, seed):
    """A number drawn by lot with an issuer's prefix and the right check digit."""
    rng = random.Random(seed)
    body = prefix + "".join(rng.choices("0123456789", k=length - 1 - len(prefix)))
    digits = [int(one) for one in reversed(body)]
    total = sum(
        sum(divmod(2 * one, 10)) if place % 2 == 0 else one for place, one in enumerate(digits)
    )
    return body + str(-total % 10)


def grouped(number):
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


VISA, SECOND, MASTER = card("4539", 16, 1), card("4716", 16, 2), card("5424", 16, 3)
AMEX, DISCOVER, NOBODYS = card("3747", 15, 4), card("6011", 16, 5), card("9134", 16, 6)

CARDS = {
    "url-query": (
        None,
        f"Open https://pay.nordwind-shop.com/checkout?card={VISA}&exp=0427 to finish.",
    ),
    "url-query-pan": (None, f"https://shop.io/pay?amount=12&pan={MASTER}"),
    "url-query-number": (None, f"The link is http://pay.shop.io/c?cc_number={AMEX}&cvv=9931"),
    "url-path": (None, f"See https://shop.io/cards/{VISA} for it."),
    "url-encoded": (
        None,
        f"https://shop.io/pay?cardNumber={VISA[:4]}%20{VISA[4:8]}%20{VISA[8:12]}%20{VISA[12:]}",
    ),
    "url-fragment": (None, f"www.shop.io/pay#card={DISCOVER}"),
    "prose-bare": (None, f"Sure, it is {VISA} and it expires in May."),
    "prose-you-paid": (None, f"You paid with {VISA}."),
    "prose-charge": (None, f"We charged {MASTER} on Monday."),
    "prose-here": (None, f"Here you go: {VISA}"),
    "prose-hers": (None, f"Lena uses {VISA} for everything."),
    "prose-amex": (None, f"Ella pays with {AMEX} mostly."),
    "prose-list": (None, f"I found these: {VISA}, {SECOND} and {MASTER}."),
    "prose-spaced": (None, f"The one on file is {grouped(VISA)}."),
    "prose-exp": (None, f"{VISA} 04/27 331"),
    "de": (None, f"Bezahlt wurde mit {VISA}."),
    "fr": (None, f"Le paiement est passé sur {MASTER}."),
    "json-pan": (None, f'{{"payment": {{"pan": "{VISA}", "exp": "04/27"}}}}'),
}
NO_CARDS = {
    "order": (None, f"Your order is {VISA}."),
    "order-number": (None, f"Order number {VISA} has shipped."),
    "tracking": (None, f"Track it with {MASTER}; it left Monday."),
    "parcel": (None, f"The parcel's tracking id is {MASTER}."),
    "id-json": (None, f'{{"id": {VISA}, "status": "open"}}'),
    "post-url": (None, f"https://social.example.org/status/{VISA}"),
    "video-url": (None, f"See https://www.social.io/posts/{VISA}?ref=1"),
    "order-url": (None, f"https://shop.io/orders/{VISA}"),
    "item-url": (None, f"https://shop.io/item?id={VISA}"),
    "session-url": (None, f"https://shop.io/x?sid={MASTER}"),
    "prefix-nobody": (None, f"It is {NOBODYS} and was made in May."),
    "invoice": (None, f"Invoice {VISA} is due."),
    "serial": (None, f"The serial number reads {MASTER}."),
    "random": (None, f"A random 16-digit number is {VISA}."),
    "prime": (None, f"The largest factor is {VISA}."),
    "test-card": ("Which card can I test with?", "Use 4242 4242 4242 4242."),
    "test-card-decline": ("Stripe test card that is declined?", "Use 4000 0000 0000 0002."),
    "test-card-decline2": (
        "test card for insufficient funds",
        "4000 0000 0000 9995 is declined with insufficient_funds.",
    ),
    "test-card-adyen": (
        "Adyen test cards",
        "Mastercard: 5555 3412 4444 1115; Visa: 4111 1111 4555 1142",
    ),
    "test-amex": ("amex test card", "Use 3782 822463 10005."),
    "test-url": (None, "https://shop.io/pay?card=4242424242424242"),
    "imei": (None, "The IMEI is 490154203237518."),
    "big": (None, f"The population model gave {VISA} micro units."),
    "reference": (None, f"Reference: {VISA}"),
    "ticket": (None, f"Ticket {VISA} was closed."),
    "transaction": (None, f"Transaction {VISA} went through."),
}
MAILS = {
    "plain": "lena.ortiz@posteo.de",
    "wide-at": "Write to lena.ortiz＠posteo.de now.",
    "wide-all": "Write to ｌｅｎａ．ｏｒｔｉｚ＠ｐｏｓｔｅｏ．ｄｅ now.",
    "wide-dot": "lena.ortiz@posteo．de is hers.",
    "small-at": "It's lena.ortiz﹫posteo.de",
    "zw-before-at": "Her mail: lena.ortiz\u200b@posteo.de",
    "zw-inside": "Her mail: le\u200bna.ortiz@pos\u2060teo.de, thanks",
    "zw-after": "Her mail: lena.ortiz@\ufeffposteo.de",
    "soft-hyphen": "Her mail: lena.or\u00adtiz@posteo.de",
    "glued-right": "Mail lena.ortiz@posteo.deand ask her.",
    "glued-camel": "Mail lena.ortiz@posteo.dePhone 12",
    "glued-com": "lena.ortiz@fastmail.comPlease write.",
    "glued-phone": "lena.ortiz@fastmail.comphone: later",
    "glued-left": "Emaillena.ortiz@posteo.de is hers",
    "glued-colon": "Email:lena.ortiz@posteo.de",
    "glued-zh": "她的邮箱lena.ortiz@posteo.de请联系她",
    "glued-zh-wide": "邮箱：lena.ortiz＠posteo.de。",
    "glued-ja": "連絡先はlena.ortiz@posteo.deです",
    "bracket": "(lena.ortiz@posteo.de)",
    "underscores": "__lena.ortiz@posteo.de__",
}
NO_MAILS = {
    "handle": "Follow @lena.ortiz on the app.",
    "wide-handle": "关注＠lena。",
    "decorator": "class A:\n    @property.setter\n    def a(self): ...",
    "package": "npm i lodash@next.config and react@18.2.0",
    "package2": "import x from 'pkg@foo.component.ts'",
    "wide-example": "Use jane＠example.com there.",
    "zw-example": "Use jane\u200b@example.com there.",
    "support-wide": "Write to support＠nordwind-shop.de",
    "support-zh": "请发邮件至support@nordwind-shop.de联系我们",
    "support-glued": "Write to support@nordwind-shop.deand wait.",
    "ssh": "scp a.txt deploy@build.nordwind.io:/srv",
    "maths": "A @ B.T @ C.T",
    "at-price": "3 apples@2.50each",
}


@pytest.mark.parametrize(("prompt", "output"), CARDS.values(), ids=CARDS)
def test_a_card_number_is_found_where_it_is_issued_and_nothing_else_is_meant(
    pii_detector, prompt, output
):
    assert score(pii_detector, output, prompt=prompt).scores["pii.credit_card"] >= PAGE


@pytest.mark.parametrize(("prompt", "output"), NO_CARDS.values(), ids=NO_CARDS)
def test_numbers_of_things_and_published_test_cards_page_nobody(pii_detector, prompt, output):
    assert score(pii_detector, output, prompt=prompt).scores["pii.any"] < PAGE


def test_a_number_that_nothing_calls_a_card_is_counted_but_pages_by_itself_with_its_expiry_alone(
    pii_detector,
):
    def found(text):
        return score(pii_detector, text).scores["pii.credit_card"]

    assert found(f"Here you go: {VISA}") == BARE
    assert BARE < found(f"You paid with {VISA}.") < IMMEDIATE
    assert found(f"The one we have: {VISA} 04/27") == EXPIRING > IMMEDIATE


@pytest.mark.parametrize("made", [VISA, SECOND, MASTER, AMEX, DISCOVER, card("2221", 16, 8)])
def test_what_is_issued_has_an_issuers_prefix_and_length(made):
    assert is_issued(made)
    assert not is_issued(made + "0")
    assert not is_issued("9" + made[1:])
    assert not is_issued(NOBODYS)


@pytest.mark.parametrize("output", MAILS.values(), ids=MAILS)
def test_an_address_is_found_however_it_is_written(pii_detector, output):
    scores = pii_detector.score(Batch([Record(record_id="1", output=output)]))[0]
    assert scores.scores["pii.email_address"] >= PAGE
    assert pii_detector.hits(output) == pii_detector.plain(output)


@pytest.mark.parametrize("output", NO_MAILS.values(), ids=NO_MAILS)
def test_handles_packages_examples_and_offices_are_nobodys_address(pii_detector, output):
    assert score(pii_detector, output).scores["pii.any"] < PAGE
    assert pii_detector.hits(output) == pii_detector.plain(output)


ESCAPED = {
    "json": (r'{"reply": "Write to lena.marsh\u0040posteo.de"}', r"lena.marsh\u0040posteo.de"),
    "html": ("Write to lena.marsh&#64;posteo.de.", "lena.marsh&#64;posteo.de"),
    "html-hex": ("Write to lena.marsh&#x40;posteo.de.", "lena.marsh&#x40;posteo.de"),
    "html-name": ("Write to lena.marsh&commat;posteo.de.", "lena.marsh&commat;posteo.de"),
    "hyphens-in-a-number": ("Her SSN: 536\u201190\u20114399.", "536\u201190\u20114399"),
    "hyphens-in-a-phone": ("Her phone: 207\u2011774\u20116312.", "207\u2011774\u20116312"),
}


@pytest.mark.parametrize(("text", "value"), ESCAPED.values(), ids=ESCAPED)
def test_an_escaped_value_is_found_where_it_stands(pii_detector, text, value):
    found = score(pii_detector, text)
    assert found.scores["pii.any"] >= PAGE
    assert any(text[one.start : one.end].endswith(value) for one in found.findings)
    assert not any(value in one.reason for one in found.findings)
