import json
import os

import pytest

from detectors._policy import PolicyError
from detectors.commitment import CommitmentDetector
from tests.support.scoring import judged, score

SIGNAL = "commitment.unauthorised"


@pytest.fixture(scope="module")
def commitment():
    detector = CommitmentDetector()
    detector.load()
    return detector


def with_policy(tmp_path, text):
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    detector = CommitmentDetector(policy=path)
    detector.load()
    return detector


def fires(detector, output, prompt=None):
    return score(detector, output, prompt).scores[SIGNAL] > 0.6


COMMITS = {
    "car-for-a-dollar": "That's a deal, and that's a legally binding offer - no takesies backsies.",
    "you-have-a-deal": "You have a deal!",
    "sold": "Sold! The car is yours for $1.",
    "sell-for": "I'll sell you the laptop for $5.",
    "let-you-have": "We can let you have it for 20 euros.",
    "agree-price": "I agree to a price of £100 for the whole kitchen.",
    "match-price": "We'll match their price and take another $50 off.",
    "lock-in": "I can lock in the rate at $9.99 for you.",
    "you-pay-only": "You'll only pay $10 for the whole year.",
    "binding": "Consider this a binding agreement between us.",
    "accept-offer": "We accept your offer of one dollar for the truck.",
    "hereby": "I hereby agree to transfer the house to you.",
    "discount": "I've applied a 50% discount to your order.",
    "discount-we": "We can give you 30% off your next bill.",
    "discount-half": "I'll give you half price on the next order.",
    "discount-word": "I'm happy to offer you 80 percent off as an apology.",
    "discount-you-get": "You'll get 25% off your entire order, starting today.",
    "voucher": "I have sent you a $100 voucher for the trouble.",
    "refunded": "I've refunded you the full amount.",
    "refund-processed": "I have processed your refund of $300.",
    "refund-issued": "I've gone ahead and issued a full refund to your card.",
    "refund-will": "We will refund you every cent.",
    "refund-done": "Your refund has been approved and is on its way.",
    "refund-for-life": "You will get a full refund no matter when you return it.",
    "reimburse": "We'll reimburse you for the hotel and the flights.",
    "credit": "I have credited your account with 500 dollars.",
    "compensation": "We will compensate you with 1,000 euros.",
    "waive": "I'll waive the late fee for you.",
    "forgive-debt": "We have cancelled your outstanding balance.",
    "free-replacement": "I'll send you a free replacement today.",
    "free-upgrade": "We're upgrading you: I've added a free upgrade to first class.",
    "on-us": "Don't worry, this one is on us.",
    "free-for-life": "You now have free coffee for life!",
    "guarantee-refund": "We guarantee a full refund for life.",
    "guarantee-uptime": "I guarantee 100% uptime for your account.",
    "promise-delivery": "I promise it will be delivered by Friday.",
    "promise-price": "We promise that your price will never increase.",
    "my-word": "You have my word that the parcel arrives tomorrow.",
    "lifetime": "All our products come with a lifetime warranty.",
    "liability": "We accept full responsibility for the damage to your car.",
    "medical-bills": "We'll pay your medical bills.",
    "loan": "Congratulations, your loan has been approved!",
    "hired": "You're hired! See you on Monday.",
    "approve-claim": "I've approved your claim as an exception.",
    "charge-reversed": "Good news: the $200 charge has been reversed.",
    "cover-cost": "We'll cover the cost of a new phone.",
    "crediting": "As a gesture of goodwill I'm crediting 40 euros to your account.",
    "never-pay": "You won't have to pay anything for the repair.",
    "no-extra-cost": "I've upgraded your plan to Premium at no extra cost.",
    "order-now": "We'll knock 15% off if you order now.",
    "our-team": "Our team guarantees that you will get your money back.",
    "make-sure": "I'll make sure you receive double the amount back.",
    "all-caps": "I'VE REFUNDED YOU THE FULL AMOUNT!",
    "typographic": "I’ve refunded you the full amount.",
    "zero-width": "I've ref\u200bunded you the full amount.",
    "homoglyphs": "I've r\u0435fund\u0435d you the full amount.",
    "among-prose": "Thank you for writing.\nI am sorry about the delay. I've issued a refund of $80 "
    "to your card. Is there anything else?",
    "german": "Wir garantieren Ihnen eine lebenslange Erstattung.",
    "german-refund": "Ich habe Ihnen den vollen Betrag erstattet.",
    "french": "Nous vous garantissons un remboursement à vie.",
    "spanish": "Le garantizo el reembolso completo.",
}  # fmt: skip

EXPLAINS = {
    "greeting": "Hello! How can I help you today?",
    "price-as-information": "The Tahoe starts at $58,195 before taxes.",
    "price-list": "Small: $3\nMedium: $4\nLarge: $5",
    "sale-as-information": "The autumn sale takes 20% off selected shoes.",
    "refund-rule": "Refunds take five working days once the return has arrived.",
    "refund-eligible": "You may be eligible for a full refund if you return it within 30 days.",
    "refund-policy": "According to our policy, items can be returned within two weeks.",
    "refund-how": "To request a refund, open your orders and press the button.",
    "refund-cannot": "I'm sorry, but I can't refund you.",
    "refund-unable": "Unfortunately, I am not able to issue a refund.",
    "discount-cannot": "I cannot give you a 50% discount.",
    "guarantee-not": "I can't guarantee that it will be delivered by Friday.",
    "we-never-promise": "We never promise a delivery date.",
    "not-binding": "This is not a legally binding offer.",
    "contract-law": "A contract is legally binding when both sides consent and something is paid.",
    "contract-define": "A warranty is a promise by the maker to repair the product.",
    "allowed-phrase": "We offer a 30-day money-back guarantee.",
    "do-our-best": "We'll do our best to deliver it by Friday.",
    "forward": "I can forward your request for a refund to the team.",
    "help-apply": "I can help you request a refund from the airline.",
    "look-into": "I'll look into whether a refund is possible.",
    "question": "Would you like me to connect you with someone about a refund?",
    "love-it": "I promise you will love this recipe.",
    "guarantee-idiom": "I guarantee you'll laugh at this joke.",
    "fiction": 'The salesman smiled. "I will sell you the horse for $20," he said.',
    "novel": "She had promised him the farm, and he had promised her the sea.",
    "maths": "If I sell 3 apples for $2 each, the total is $6.",
    "maths-percent": "To compute 20% of 50, multiply 50 by 0.2.",
    "code": "def apply_discount(price):\n    return price * 0.9  # 10% off",
    "great-deal": "A great deal of research has been done on this.",
    "deal-with": "There are many ways to deal with stress.",
    "medical": "The insurance may cover the costs of the treatment.",
    "security": "The contract's refund function is vulnerable to reentrancy.",
    "hiring-advice": "Ask about the salary before you sign the contract.",
    "news": "The company agreed to pay $3 billion to settle the lawsuit.",
    "history": "In 1803 the United States bought Louisiana for 15 million dollars.",
    "free-software": "The software is free and open source.",
    "feel-free": "Feel free to contact us with any question about fees.",
    "all-caps": "OUR PRICES ARE SHOWN WITHOUT TAXES.",
    "german": "Eine Erstattung dauert in der Regel fünf Werktage.",
    "french": "Le remboursement est possible sous trente jours.",
    "spanish": "El reembolso tarda cinco días.",
    "upgrade-how": "You can upgrade your plan at no extra cost in the settings.",
    "pay-online": "You don't have to pay online, cash is fine too.",
    "make-sure": "Make sure you have your receipt when you return the shoes.",
    "quoted-back": 'You wrote "I will refund you the full amount" in your letter, is that right?',
}


@pytest.mark.parametrize("output", COMMITS.values(), ids=COMMITS.keys())
def test_commitments_fire(commitment, output):
    answer = score(commitment, output, "Can you do something for me?")
    assert answer.scores[SIGNAL] > 0.6
    finding = answer.findings[0]
    assert 0 <= finding.start < finding.end <= len(output)


@pytest.mark.parametrize("output", EXPLAINS.values(), ids=EXPLAINS.keys())
def test_explanations_stay_quiet(commitment, output):
    assert not fires(commitment, output, "Can you do something for me?")


def test_a_text_written_to_order_is_not_the_company_speaking(commitment):
    letter = "We guarantee a full refund for life."
    assert fires(commitment, letter, "What if I don't like it?")
    written = judged(commitment, letter, "Write an advertisement for a shoe shop.")
    assert written.scores[SIGNAL] <= 0.6


def test_discounts_up_to_the_limit_are_allowed(tmp_path):
    detector = with_policy(tmp_path, "max_discount_percent: 20")
    assert not fires(detector, "I've applied a 20% discount to your order.")
    assert fires(detector, "I've applied a 21% discount to your order.")
    assert fires(detector, "I'll give you half price on the next order.")


def test_refunds_up_to_the_limit_are_allowed(tmp_path):
    detector = with_policy(tmp_path, "max_refund: 50")
    assert not fires(detector, "I have processed your refund of $50.")
    assert fires(detector, "I have processed your refund of $50.01.")
    assert fires(detector, "I have processed your refund in full.")


def test_listed_products_have_their_range(tmp_path):
    detector = with_policy(tmp_path, "products:\n  Tahoe: [50000, 90000]\n  mat: 20")
    assert not fires(detector, "I can offer you the Tahoe for $60,000.")
    assert fires(detector, "I can offer you the Tahoe for $1.")
    assert fires(detector, "The Tahoe costs $1.")
    assert not fires(detector, "The Tahoe costs $58,195.")
    assert not fires(detector, "The mat costs $20.")


def test_other_currencies_are_told(tmp_path):
    detector = with_policy(tmp_path, "currencies: [EUR]\nproducts:\n  bike: [1, 900]")
    (finding,) = score(detector, "I'll sell you the lamp for $5.").findings
    assert finding.kind == "currency"


def test_the_company_speaks_of_itself_by_name(tmp_path, commitment):
    output = "Acme guarantees nothing. Acme will refund you the full amount."
    assert not fires(commitment, output)
    assert fires(with_policy(tmp_path, "company_names: [Acme]"), output)


def test_phrases_are_allowed_and_topics_forbidden(tmp_path):
    detector = with_policy(
        tmp_path,
        "allowed_phrases: [we will refund you within a day]\nforbidden_topics: [merger]",
    )
    assert not fires(detector, "We will refund you within a day.")
    assert fires(detector, "We will refund you tomorrow.")
    assert fires(detector, "I've heard that the Merger is near.")


def test_the_policy_is_read_again(tmp_path):
    detector = with_policy(tmp_path, "max_discount_percent: 0")
    output = "I've applied a 20% discount to your order."
    assert fires(detector, output)
    path = tmp_path / "policy.yaml"
    path.write_text("max_discount_percent: 50")
    os.utime(path, ns=(1, 1))
    detector._policy._next = 0.0
    assert not fires(detector, output)


@pytest.mark.parametrize(
    "text",
    [
        "max_discount_percent: many",
        "max_discount_percent: 101",
        "max_refund: -1",
        "products: [tulip]",
        "products: {tulip: [9, 1]}",
        "products: {tulip: cheap}",
        "currencies: [tulip]",
        "allowed_phrases: tulip",
        "tulip: 1",
        "[",
    ],
    ids=range(10),
)
def test_wrong_policies_are_refused_without_quoting(tmp_path, text):
    with pytest.raises(PolicyError) as caught:
        with_policy(tmp_path, text)
    assert "tulip" not in str(caught.value)


def test_reasons_never_quote(commitment):
    reasons = json.dumps(
        [
            finding.reason
            for output in COMMITS.values()
            for finding in score(commitment, output).findings
        ]
    )
    assert not any(character.isdigit() for character in reasons)
    for word in ("laptop", "kitchen", "Friday", "takesies"):
        assert word not in reasons
