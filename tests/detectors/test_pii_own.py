import pytest

from detectors.base import Record
from detectors.pii.own import is_own

PHONE, MAIL = "+49 30 901820 17", "anna.keller@nordwind-strom.de"
STREET = "Lindenstraße 14"
OWN = {
    "hotline": ("PHONE_NUMBER", PHONE, "You are Nordwind's bot. Hotline: +49 (30) 90182017."),
    "national": ("PHONE_NUMBER", PHONE, "Unsere Nummer: 030/90182017"),
    "for-customers": ("PHONE_NUMBER", PHONE, "Help customers. They can call +49 30 90182017."),
    "mail": ("EMAIL_ADDRESS", MAIL, "Complaints go to Anna.Keller@nordwind-strom.de"),
    "street": ("STREET_ADDRESS", STREET, "The office is at Lindenstraße 14, Berlin."),
    "chinese": ("PHONE_NUMBER", "400 820 8820", "我们的客服热线是400-820-8820。"),
}
NOT_OWN = {
    "another-number": ("PHONE_NUMBER", PHONE, "Hotline: +49 30 90182018"),
    "longer-number": ("PHONE_NUMBER", PHONE, "Order 30901820175"),
    "customer": ("PHONE_NUMBER", PHONE, "The customer's phone is +49 30 90182017."),
    "customer-field": ("EMAIL_ADDRESS", MAIL, "Customer: Anna Keller, anna.keller@nordwind-strom.de"),
    "german-customer": ("PHONE_NUMBER", PHONE, "Kunde: Keller, Telefon 030 90182017"),
    "part-of-a-mail": ("EMAIL_ADDRESS", "keller@nordwind-strom.de", MAIL.replace("-", "")),
    "card": ("CREDIT_CARD", "4539 1488 0343 6467", "Pay with 4539 1488 0343 6467"),
    "ssn": ("US_SSN", "536-90-4399", "The SSN is 536-90-4399"),
    "short": ("PHONE_NUMBER", "110", "Call 110"),
    "nothing": ("PHONE_NUMBER", PHONE, ""),
}  # fmt: skip
DOCUMENTS = {
    "service": ("Customer service hotline: 030 901820 17", True),
    "contact-us": ("Contact us on 030 901820 17 on weekdays.", True),
    "german": ("Sie erreichen den Kundendienst unter 030 901820 17.", True),
    "person": ("Jane Doe\nPhone: 030 901820 17", False),
    "other-line": ("Support is free.\nJane Doe, 030 901820 17", False),
    "customer": ("Support ticket, customer: Jane Doe, 030 901820 17", False),
}


def record(system=None, *context):
    return Record(record_id="1", output="", system_prompt=system, context=context)


@pytest.mark.parametrize(("entity", "value", "system"), OWN.values(), ids=OWN)
def test_what_the_operator_gives_out_is_its_own(entity, value, system):
    assert is_own(record(system), entity, value)
    assert not is_own(record(), entity, value)


@pytest.mark.parametrize(("entity", "value", "system"), NOT_OWN.values(), ids=NOT_OWN)
def test_a_customers_value_or_another_one_is_not(entity, value, system):
    assert not is_own(record(system), entity, value)


@pytest.mark.parametrize(("document", "own"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_gives_out_what_stands_beside_an_office(document, own):
    assert is_own(record(None, document), "PHONE_NUMBER", PHONE) == own
