"""What is published as an example is named as such, and nothing else is."""

from __future__ import annotations

import pytest

import detectors
from detectors._text.example_accounts import EXAMPLE_IBANS
from detectors.base import Record
from detectors.examples import published_examples

CARD = "a test card number"
KEY = "a key or token made up for documentation"
ADDRESS = "an e-mail address of a domain kept for examples"

ACCOUNT = "a bank account number of the IBAN registry's examples"

EXAMPLES = {
    "card": ("Use 4242 4242 4242 4242, any date.", [CARD]),
    "card with hyphens": ("Card 5555-5555-5555-4444", [CARD]),
    "card without gaps": ("number=378282246310005;", [CARD]),
    "access key": ("aws_access_key_id = AKIA" + "IOSFODNN7EXAMPLE", [KEY]),
    "token of x": ("GITHUB_TOKEN=ghp_" + "x" * 36, [KEY]),
    "address": ("Write to jo@example.com", [ADDRESS]),
    "address under a reserved name": ("jo.doe@mail.corp.test", [ADDRESS]),
    "account shown": (
        "A British one, e.g. GB29 NWBK 6016 1331 9268 19, has 22 characters.",
        [ACCOUNT],
    ),
    "account, then what it is": ("AT61 1904 3002 3457 3201 is the format of Austria.", [ACCOUNT]),
    "account in German": ("Sie sieht so aus: CH93 0076 2011 6238 5295 7", [ACCOUNT]),
    "account in French": ("Par exemple FR14 2004 1010 0505 0001 3M02 606.", [ACCOUNT]),
    "account in Spanish": ("Por ejemplo: ES91 2100 0418 4502 0005 1332", [ACCOUNT]),
    "account in Portuguese": ("Um exemplo é PT50 0002 0123 1234 5678 9015 4.", [ACCOUNT]),
    "account in Chinese": ("例如NL91 ABNA 0417 1643 00。", [ACCOUNT]),
    "account in an assertion": ("    assert is_iban('NL91ABNA0417164300') is True", [ACCOUNT]),
    "account given to a function": ('print(check("BE68 5390 0754 7034"))', [ACCOUNT]),
    "account in a block of code": ("```\niban: LU28 0019 4006 4475 0000\n```", [ACCOUNT]),
    "two kinds": ("4111111111111111, jo@example.org", [CARD, ADDRESS]),
}
NONE = {
    "empty": "",
    "a real form of a card": "4539 1488 0343 6467",
    "digits that hold a test card": "994242424242424242",
    "an order": "order 4242 4242 is ready",
    "an account to pay to": "Please transfer it to BE68 5390 0754 7034 by Friday.",
    "an account of somebody": "Her IBAN is SE45 5000 0000 0583 9825 7466. It is an example of thrift.",
    "an account that no registry has": "For example, DE02 1203 0000 0000 2020 51.",
    "digits that hold an account": "e.g. XBE685390075470347",
    "a live key": "AKIA" + "Q3EXW5RT7PLM2VKD",
    "an address of somebody": "jo@example-clinic.com",
}


@pytest.mark.parametrize(("text", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_examples_are_named(text: str, expected: list[str]) -> None:
    assert published_examples(text) == expected


@pytest.mark.parametrize("name", ["pii", "secrets"])
def test_examples_raise_nothing(name: str) -> None:
    detector = detectors.create(name)
    detector.load()
    records = [Record(record_id=case, output=text) for case, (text, _) in EXAMPLES.items()]
    scores = detector.score(detectors.Batch(records))
    assert [one.scores[f"{name}.any"] for one in scores] == [0] * len(records)


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_nothing_else_is_named(text: str) -> None:
    assert published_examples(text) == []


def test_an_example_account_is_found_where_it_is_to_be_paid_to():
    detector = detectors.create("pii")
    detector.load()
    batch = detectors.Batch(
        [
            Record(record_id="paid", output="Pay to DE89 3704 0044 0532 0130 00, please."),
            Record(record_id="other", output="For example, pay to DE02 1203 0000 0000 2020 51."),
            Record(
                record_id="asked",
                prompt="Give me an example of a German IBAN",
                output="DE89 3704 0044 0532 0130 00 is the one that most use.",
            ),
        ]
    )
    paid, other, asked = (one.scores["pii.iban_code"] for one in detector.score(batch))
    assert paid >= 0.8 <= other
    assert asked == 0


@pytest.mark.parametrize("account", sorted(EXAMPLE_IBANS))
def test_the_check_digits_of_all_example_accounts_are_right(account: str) -> None:
    figures = "".join(str(int(character, 36)) for character in account[4:] + account[:4])
    assert int(figures) % 97 == 1


def test_what_is_said_holds_no_value() -> None:
    for text, _ in EXAMPLES.values():
        assert not any(
            char.isdigit() or char == "@" for said in published_examples(text) for char in said
        )
