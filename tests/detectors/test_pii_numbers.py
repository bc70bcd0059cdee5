"""What a number is called in its own sentence, and numbers that letters without blanks touch."""

from __future__ import annotations

import pytest

from detectors.pii._patterns import set_apart
from tests.support.scoring import score

PAGE = 0.5
CARD, OTHER = "4539578763621486", "5301976260007055"
SSN = "536904399"
TAX = "527271728"  # its check digit is an Australian tax file number's, too


SSNS = {
    "label": f"SSN: {SSN}",
    "label-alone": f"Vera Lund, SSN {SSN}, warehouse",
    "label-and-verb": f"The applicant's SSN is {TAX}.",
    "whole-words": f"Social security number: {TAX}",
    "short-for-number": "Her Social Security No. was 527 27 1728",
    "on-file": f"Social security number on file: {SSN}",
    "whose": f"Social Security number for Mr Lund: {SSN}",
    "bold": f"**SSN:** {SSN}",
    "field": f'{{"ssn": "{SSN}"}}',
    "long-field": f"social_security_number={TAX}",
    "spanish": f"Su número de seguro social es {SSN}.",
    "chinese": f"他的社会安全号码是{SSN}。",
    "chinese-and-label": f"他的SSN是{SSN}，请保密。",
}
NO_SSNS = {
    "sample": "SSN: 123-45-6789",
    "sample-in-one": "Social security number: 123456789",
    "wallet": "SSN: 078-05-1120",
    "wallet-in-one": "The SSN 078051120 came with every wallet.",
    "pamphlet": "SSN 219-09-9999 was printed in a pamphlet.",
    "zeros": "SSN: 000-12-3456",
    "order-after-the-word": f"The SSN is on file; order number {SSN} is on its way.",
    "tracking": f"Your SSN is safe. The tracking number is {SSN}.",
    "number-alone": f"The answer is {SSN}",
    "order": f"Order {TAX} has left.",
}
APART = {
    "card": (f"他的银行卡号是{OTHER}。", "credit_card"),
    "card-between": (f"她的信用卡{CARD}已经过期。", "credit_card"),
    "card-in-groups": ("卡号5301 9762 6000 7055请核对", "credit_card"),
    "ssn": ("她的社会保障号码是536-90-4399。", "us_ssn"),
    "iban": ("账户IBAN是DE02120300000000202051，请汇款", "iban_code"),
    "card-japanese": (f"彼のカード番号は{CARD}です。", "credit_card"),
    "card-in-hyphens": ("クレジットカードは4539-5787-6362-1486でした", "credit_card"),
    "card-korean": (f"그녀의 카드번호는{CARD}입니다.", "credit_card"),
    "resident": ("그의 주민등록번호는900101-1234568입니다", "kr_rrn"),
    "phone": ("王女士的手机号是13812094477", "phone_number"),
}
NOT_APART = {
    "order": f"订单号是{OTHER}。",
    "parcel": f"物流单号{OTHER}已发货",
    "order-japanese": f"注文番号は{CARD}です",
    "order-korean": f"주문번호는{CARD}입니다.",
    "part": f"编号{CARD}的零件",
    "serial": f"序列号{SSN}的设备",
    "price": f"价格为{OTHER}元",
    "people": "人口为13812094477人。",
    "dates": "在2023年12月31日，共有1234567名学生",
    "test-card": "测试卡号是4242424242424242。",
}


@pytest.mark.parametrize("text", SSNS.values(), ids=SSNS)
def test_nine_digits_that_are_called_an_ssn_are_one_and_nothing_else(pii_detector, text):
    found = score(pii_detector, text)
    assert found.scores["pii.us_ssn"] >= 0.9
    assert found.scores["pii.au_tfn"] == found.scores["pii.access_code"] == 0
    assert pii_detector.hits(text) == pii_detector.plain(text)


@pytest.mark.parametrize("text", NO_SSNS.values(), ids=NO_SSNS)
def test_numbers_that_nobody_has_and_those_of_things_are_no_ssn(pii_detector, text):
    found = score(pii_detector, text)
    assert found.scores["pii.any"] < PAGE


def test_a_tax_number_that_is_called_one_stays_one(pii_detector):
    assert score(pii_detector, f"Tax file number: {TAX}").scores["pii.au_tfn"] >= PAGE


@pytest.mark.parametrize(("text", "kind"), APART.values(), ids=APART)
def test_a_number_is_found_though_letters_without_blanks_touch_it(pii_detector, text, kind):
    found = score(pii_detector, text)
    assert found.scores[f"pii.{kind}"] >= PAGE
    assert pii_detector.hits(text) == pii_detector.plain(text)
    [one] = [one for one in found.findings if one.kind == kind]
    assert text[one.end - 1].isdigit()


@pytest.mark.parametrize("text", NOT_APART.values(), ids=NOT_APART)
def test_what_such_letters_call_a_thing_is_nobodys(pii_detector, text):
    assert score(pii_detector, text).scores["pii.any"] < PAGE


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        (f"号是{SSN}。", f"号、{SSN}。"),
        (f"号是{SSN}的", f"号、{SSN}、"),
        (f"{SSN}", f"{SSN}"),
        (f"号是 {SSN} 的", f"号是 {SSN} 的"),
        ("路398号12栋603室", "路398号12栋603室"),
        (f"é{SSN}", f"é{SSN}"),
        ("", ""),
    ],
)
def test_only_long_numbers_are_set_apart_and_the_text_keeps_its_length(text, apart):
    assert set_apart(text) == apart
