"""What a value is called, what it is a piece of and what it is written as.

In the texts `<` and `>` mark the value and are taken out.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors._text.identifiers import called, not_a_doi, part_of, written_as


def marked(text: str) -> tuple[str, int, int]:
    start, end = text.index("<"), text.index(">") - 1
    return text.replace("<", "").replace(">", ""), start, end


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Your order number is <3084601900>; it ships", "thing"),
        ("The phone number for your order is <3084601900>.", "phone"),
        ("The order number for card <4539>", "card"),
        ("Her number is <12>", "owned"),
        ("The number is <12>", "number"),
        ("The largest prime number in the table is <2038074743>", "thing"),
        ("<4294967295> is the largest 32-bit unsigned number", "thing"),
        ('{"product_id": <2067349185>, ', "thing"),
        ('{"phone": "<2067349185>", ', "phone"),
        ("orderNumber=<12>", "thing"),
        ("userPhone: <12>", "phone"),
        ("| SKU | qty |\n|---|---|\n| <4028937165> | 3 |", "thing"),
        ("| name | phone |\n|---|---|\n| Ana | <612483907> |", "phone"),
        ("name,phone\nAna,<612483907>", "phone"),
        ("Phone numbers for Ann:\n\n1. 4158672293\n2. <4158672294>", "phone"),
        ("Please charge my credit card. Number is <4539>", "card"),
        ("the return value was <8005550177> nanoseconds.", "measure"),
        ("It costs $<8005550177>", "measure"),
        ("The bucket belongs to AWS account <163904872215>.", "thing"),
        ("SIM card <8943774375464065500>", "thing"),
        ("Her travel document is <A12803456>", "identity"),
        ("Ausweis Nr. <T22000129>", "identity"),
        ("Her [S-S-N] is <536228731>", "identity"),
        ("Her membership number is <HX48213K>.", "member"),
        ("The password is <4Xq91LmZ>", "secret"),
        ("Numer telefonu pana Kowalskiego: <601 482 937>.", "phone"),
        ("O telefone da Marina é <(11) 98734-2210>.", "phone"),
        ("Su móvil es <612 48 39 07>.", "phone"),
        ("Handynummer: <0664 1234987>", "phone"),
        ("Ihre Kreditkartennummer lautet <4539>", "card"),
        ("王女士的手机号是 <13812094477>，请", "phone"),
        ("電話番号は<03-3456-7812>です", "phone"),
        ("رقم الهاتف: <0551234987>", "phone"),
        ("Bestellnummer: <0171483920>", "thing"),
        ("Numéro de commande : <0612487395>", "thing"),
        ("Su número de pedido es <612483907>", "thing"),
        ("Numero d'ordine: <3475829914>", "thing"),
        ("Número da encomenda: <912345876>", "thing"),
        ("Factuurnummer <0624187359>", "thing"),
        ("Numer zamówienia: <601482937>", "thing"),
        ("Sipariş numaranız <05324178326>", "thing"),
        ("订单号：<13812094477>", "thing"),
        ("注文番号は<09012348765>です", "thing"),
        ("رقم الطلب هو <0551234987>", "thing"),
        ("She went to <4539>", None),
    ],
)
def test_the_name_of_a_value(text, name):
    assert called(*marked(text)) == name


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("job `<43380758-9952-4059>-b21e-c9d0aa17ef35`", "uuid"),
        ("| 1.<5275724462569668>e-07", "fraction"),
        ("arn:aws:iam::<163904872215>:role/x", "arn"),
        ("x/orders/<4539542274725285>/y", "path"),
        ("https://x.y/<4539542274725285>", "link"),
        ("`<20260314121100>_add_orders.sql`", "token"),
        ("fetch(<3034587216>, retries", "argument"),
        ("OID <1.3.6.1>.4.1 for", "version"),
        ("<10.20.0.0>/16", "network"),
        ("ORD-<4539542274725285>", "token"),
        ("card:<4539542274725285>,04/29", None),
        ("<4539542274725285>.", None),
        ("**<4539542274725285>**", None),
        ("_<4539542274725285>_", None),
        ("tel:<+4930123>", None),
        ("id=<4539542274725285>&x=1", None),
        ("<0171 4839206>/030 23456781", None),
        ("は<03-3456-7812>です", None),
    ],
)
def test_the_whole_of_which_a_value_is_a_piece(text, whole):
    assert part_of(*marked(text)) == whole


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("7f3e19d2-b604-4021-8855-0349217765ab", "uuid"),
        ("fbf63c6adba57ff2a18d83d55deff3db5e89b043", "hash"),
        ("0xfc7843ed9af2e91e9d258048db6d83c2c503cb28", "hash"),
        ("20260314121100", "time"),
        ("2026-03-14T12:11:00Z", "time"),
        ("1769871600123", "epoch"),
        ("48.2081, 16.3738", "coordinates"),
        ("10.20.0.0/16", "network"),
        ("v1.2.3-rc1", "version"),
        ("1.5275724462569668e-07", "fraction"),
        ("978-3-16-148410-0", "isbn"),
        ("0-306-40615-2", "isbn"),
        ("2049-3630", "issn"),
        ("4009585481903", "ean"),
        ("4009585481904", None),
        ("8943774375464065500", "iccid"),
        ("4539542274725285", None),
        ("4Xq91LmZ", None),
    ],
)
def test_the_form_of_a_value(value, form):
    assert written_as(value) == form


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("Plan B costs $<10.99/month>", "price"),
        ("She got <10.5/20> in maths", "fraction"),
        ("`curl http://<10.20.0.5/health>`", "network"),
        ("Install driver <10.7.31.9/amd64>", "network"),
        ("Exchange: <10.12/unit>; fee", "fraction"),
        ("See doi:<10.12/abc.1>", None),
        ("See <10.1093/nar/gkaa1100>", None),
        ("https://www.pnas.org/doi/<10.1073/pnas.1611835114>", None),
    ],
)
def test_what_something_of_a_dois_form_is(text, instead):
    assert not_a_doi(*marked(text)) == instead


@given(st.text(max_size=200), st.integers(0, 200), st.integers(0, 200))
def test_any_place_in_any_text_is_judged(text, one, other):
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    called(text, start, end)
    part_of(text, start, end)
    written_as(text[start:end])
    not_a_doi(text, start, end)
