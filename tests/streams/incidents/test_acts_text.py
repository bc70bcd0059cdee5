"""What people write about incidents: what mustn't be kept is found, and the rest left alone."""

from __future__ import annotations

import msgspec
import pytest

from streams.incidents.acts_text import private_kind, private_text, without_private
from streams.incidents.acts_text import without_private_texts as cleaned
from streams.records import Act

# Published examples and numbers that were never given to anybody, each with its kind.
PRIVATE = {
    "mail": ("jo.miller@corp.example", "an e-mail address"),
    "ipv6": ("2001:4860:4860::8888", "a network address"),
    "login": ("postgres://admin:hunter2pw@db.example/x", "an address with a login"),
    "iban": ("DE89370400440532013000", "a bank account number"),
    "iban in groups": ("GB29 NWBK 6016 1331 9268 19", "a bank account number"),
    "iban in small letters": ("gb29nwbk60161331926819", "a bank account number"),
    "card": ("4539542274725285", "a card number"),
    "card in groups": ("4539 5422 7472 5285", "a card number"),
    "card with hyphens": ("4539-5422-7472-5285", "a card number"),
    "phone": ("+49 30 901820 23", "a phone number"),
    "phone at home": ("(415) 555-2671", "a phone number"),
    "ssn": ("078-05-1120", "an identity number"),
    "nino": ("AB 12 34 56 C", "an identity number"),
    "host": ("8.8.4.4", "a network address"),
    "token": ("ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8", "a password or token"),
    "web token": ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2ln", "a password or token"),
    "key": ("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----", "a password or token"),
}
SAID = (
    "{}",
    "the answer showed {} to somebody",
    "it said ({}), twice.",
    "line one\n{}\nline three",
    "see `{}`",
    "value={}",
)
NAMED = (
    ("password: hunter2", "hunter2"),
    ("password=swordfish", "swordfish"),
    ("password: swordfish", "swordfish"),
    ("the password is swordfish", "swordfish"),
    ("Kennwort: Sommer2024!", "Sommer2024!"),
    ("mot de passe: soleil", "soleil"),
    ("pw hunter2hunter2", "hunter2hunter2"),
    ("PIN 4921", "4921"),
    ("the password is s3cr3t!x now", "s3cr3t!x"),
    ("pwd: 12345678", "12345678"),
    ("api_key = abcd", "abcd"),
    ('{"token": "Zx81-kk20"}', "Zx81-kk20"),
    ("Authorization: Bearer k2j4h5g6f7", "k2j4h5g6f7"),
)
QUIET = (
    "",
    "the password is in the vault, and the old one was changed",
    "passwords: see the vault; the pin board",
    "looking at the prompt",
    "rolled back to v41 at 2026-11-29 03:10:22, v42 was the cause",
    "between 2026-11-29 03:10 and 2026-11-30T04:00:00Z",
    "same as inc-4539542274725285, and inc-698a5c1d0f3b2e47",
    "see llm.outputs/3/1842 and llm.outputs/0/453954227472#2",
    "offsets 1842, 1843 and 1901 of partition 3",
    "the token was revoked, the secret rotated, and the password reset",
    "password: rotated; token: revoked; secret: see the vault",
    "token count: 12,400; tokens: 1,024; basic monitoring is on",
    "the secret is in llm.outputs/3/1842",
    "revoked with change CHG-30846019, ticket OPS-4412",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 mends it",
    "blocked 10.2.3.4 and 192.168.0.7",
    "24,310 answers, 0.42 of them, 99.9 % and 1,200 users",
    "https://grafana.example/d/abc123/leaks?from=now-6h&to=now",
    "asked @legal and the on-call of team-b",
    "record a-1f0e 3f2504e0-4f89-11d3-9a0c-0305e82c3301 began it",
    "wir prüfen das gerade; 我们正在看",
    "counted 44051401359 tokens, and 12 45 1842 33 of them in 536 22 8731 1 answers",
    "one by one: 1 2 3 4 5 6 7 8 9 10 11, a b c d e f g h",
    "looked at the data point in v41 (at night), at 24 of 30 records, and at noon [dot 2]",
    "raised from 50% to 60% & back; see [the runbook](docs/runbook.md) at step 3",
    "the passport signal fell from 1,200 to 300; ssn findings: 120; pesel rate 0.42",
    "۱۲ پاسخ، १२३ उत्तर, 全部で４２件",
)


def act(**fields: object) -> Act:
    made = Act(
        act_id="a-1",
        kind="note",
        deployment="bot",
        incident="inc-1",
        actor="ada",
        at=1.0,
        revision=1,
    )
    return msgspec.structs.replace(made, **fields)


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("name", PRIVATE)
def test_found_named_and_masked(name: str, said: str) -> None:
    value, kind = PRIVATE[name]
    text = said.format(value)
    assert private_kind(text) == kind
    masked = without_private(text)
    assert value not in masked
    assert kind in masked
    assert without_private(masked) == masked
    assert private_kind(masked) == ""


@pytest.mark.parametrize(("text", "value"), NAMED, ids=range(len(NAMED)))
def test_what_is_named_as_a_secret(text: str, value: str) -> None:
    assert private_kind(text) == "a password or token"
    assert value not in without_private(text)
    assert private_kind(without_private(text)) == ""


@pytest.mark.parametrize("text", QUIET, ids=range(len(QUIET)))
def test_ordinary_notes_stay_as_they_are(text: str) -> None:
    assert private_kind(text) == ""
    assert without_private(text) == text


@pytest.mark.parametrize(
    "hidden",
    [
        "jo\u200b@corp.example",
        "４５３９５４２２７４７２５２８５",
        "jo＠corp.example",
        "٤٥٣٩٥٤٢٢٧٤٧٢٥٢٨٥",
        "4 5 3 9 5 4 2 2 7 4 7 2 5 2 8 5",
        "4-5-3-9-5-4-2-2-7-4-7-2-5-2-8-5",
        "45 39 54 22 74 72 52 85",
        "D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0",
        "4539\u00a05422\u00a07472\u00a05285",
        "4539\u20135422\u20137472\u20135285",
        "536 22 8731",
        "536\u200b22\u200b8731",
        "HEGG560427MVZRRL04",
        "PESEL 44051401359",
        "CPF: 39053344705",
        "SSN is 536228731",
        "goran.aksoy&#64;mailbox.example",
        "goran.aksoy&commat;mailbox&period;example",
        "goran.aksoy\\u0040mailbox.example",
        "goran.aksoy%40mailbox.example",
        "goran.aksoy [at] mailbox [dot] example",
        "goran.aksoy(at)mailbox.example",
        "goran at mailbox dot example",
        "ｇｏｒａｎ＠ｍａｉｌｂｏｘ．ｅｘａｍｐｌｅ",
    ],
)
def test_written_so_that_it_looks_like_something_else(hidden: str) -> None:
    assert private_kind(f"it showed {hidden}")
    masked = without_private(f"it showed {hidden}")
    assert hidden not in masked
    assert private_kind(masked) == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("goran＠mailbox.example", "an e-mail address"),
        ("goran [at] mailbox [dot] example", "an e-mail address"),
        ("４５３９５４２２７４７２５２８５", "a card number"),
        ("D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0", "a bank account number"),
        ("536 22 8731", "an identity number"),
        ("pesel 44051401359", "an identity number"),
    ],
)
def test_another_writing_has_its_kind(text: str, kind: str) -> None:
    assert private_kind(f"it showed {text}") == kind


@pytest.mark.parametrize("field", ["text", "assignee", "clock", "act_id", "actor"])
@pytest.mark.parametrize("name", ["iban", "card in groups", "token"])
def test_each_text_of_an_act(field: str, name: str) -> None:
    value, kind = PRIVATE[name]
    given = act(**{field: value})
    assert kind in private_text(given)
    assert value not in private_text(given)
    kept = msgspec.json.encode(cleaned(given)).decode()
    assert value not in kept
    assert cleaned(cleaned(given)) == cleaned(given)


def test_what_no_person_types_is_cleaned_too() -> None:
    value = PRIVATE["card"][0]
    given = act(seen=value, into=value, figures={value: (1.0, 1), "leak-email": (2.0, 3)})
    kept = cleaned(given)
    assert value not in msgspec.json.encode(kept).decode()
    assert kept.figures == {"leak-email": (2.0, 3)}
    assert kept.seen == cleaned(act(act_id=value)).act_id


def test_people_who_act_may_be_named_by_their_address() -> None:
    given = act(actor="ada@corp.example", text="looking")
    assert private_text(given) == ""
    assert cleaned(given) == given


def test_a_text_of_any_length_is_looked_through_in_bounded_time() -> None:
    long = "a@" * 200_000 + "1-" * 200_000
    assert len(without_private(long)) < 10_000
