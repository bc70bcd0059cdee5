"""Ids: the operator's own are repeated as they are, identities and secrets as keyed hashes."""

from __future__ import annotations

import re

import pytest

from streams.intake import ids
from streams.intake.decode import MOST_ID_CHARS, hash_user
from streams.intake.feedback import decode_feedback
from streams.intake.ids import feedback_ids, looks_private, output_ids
from streams.records import Feedback, Output

KEY = b"key of a test"

PRIVATE = [
    "jane@roe.example", "mailto:jane@roe.example", "conv/jane@roe.example", "admin:tiger@db",
    "https://rose:tiger@host/x", "4539542274725285", "4539 5422 7472 5285", "card-4539-5422-7472-5285",
    "+49 170 1234567", "whatsapp:+4917012345678", "tel:+14155552671", "4917012345678",
    "(415) 555-2671", "415-555-2671", "DE89370400440532013000", "DE89 3704 0044 0532 0130 00",
    "GB29NWBK60161331926819", "123-45-6789", "390.533.447-05", "AB123456C", "RSSMRA85T10A562S",
    "12345678Z", "131052-308T", "811228-9874", "192.0.2.77",
    "sk-proj-abcdEFGH1234567890abcdEFGH1234567890", "ghp_abcdefABCDEF0123456789abcdefABCDEF01",
    "AKIAJ4XZ7QNW2PLM6RST", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlc2ln",
    "req-DE89 3704 0044 0532 0130 00", "bot-GB29-NWBK-6016-1331-9268-19-219", "FR1420041010050500013M02606-7",
    "sess/4539 5422 7472 5285-219", "4539542274725285-219", "card/3782-822463-10005/2", "req-148-15-5001-1149",
    "148-15-5001-1149", "bot-10.20.30.40", "bot-10.1.2.3", "ip-10-1-2-3", "sess/203.0.113.9-219", "2001:db8::8a2e:370:7334", "07681 063953",
    "req-06 29 56 33 47", "0629563347", "sess/01632 960 123-219", "030/12345678", "bot-612 34 56 78", "req-X1234567",
    "bot-12AB34567", "BridgeWindow46!", "req-lampe77!", "sess/Moon$Tide9-219", "Rain#Roof81",
    "jo arroba firma punto com", "req-jo-at-firm-dot-com", "anna-roe-1984-03-12", "Roe_Anna_12.03.1984",
    "req-sk-proj-abcdEFGH1234567890abcdEFGH1234567890-219", "req-4917012345678-219", "bot-jane@roe.example-219",
    "52.517036, 13.388860", "geo/48.85661,2.35221", "40°44'54.3\"N 73°59'08.5\"W", "9F4MGCG9+8X",
    "tenant/17.04.1983", "1979-11-23", "req 14 de julio de 1966", "March 9, 1991", "1988年6月14日",
    "5144 / 0045 / 9230 / 8751", "756.4829.1736.05", "110105198304172346", "QQ 38 47 29 C",
    "3c:22:fb:9a:41:7e|web", "A4-83-E7-2B-91-0C", "35-482917-364829-1", "1HGCM82633A481927",
    "F255-921-50-094-0", "D4829-17364-82910", "PL8472913645", "XQ7TK-9PLM2-44RWD-BN83F-6YHCV",
    "0xba43366f0876745072ecef2d90a412dde443ab42", "bc1qjkkuys3ltyly0awdm7t8uocictgnawh8ccndw9",
    "1N5KoSD5jgzfsMHeuCCwoxrdMH5YWfseQh", "@rose_hunter", "conv-@rose_hunter", "t.me/rose_h",
    "sort code 20-48-17, account 48291736", "MRN: 7739-2210", "policy no. 48.221.937",
    "Lindenstraße 48, 10969 Berlin", "14 Larkspur Close, Whitby", "27 rue des Martyrs", "建国路88号",
    "JSESSIONID=0A1B2C3D4E5F", "connect.sid=s%3AUo25hmCY", "DB_PASS=sn0wfall", "curl -u rose:tiger9",
    "PySpqqGD/1owuYtc+bBe88RIJJe2fDkMPsX5B+P7", "JBSWDY224PMI52PLIKWLOG6MVMSSRQWJ",
    "7iFMrY1OWan6ushU08RkvQhgTffX442Frm4yPCLD|web", "https://files.example/s/Y2nDamsQkf8cLQz5ZKXypNCm",
    "Ivan4ever<3", "N0rthw1nd", "Mango_2736Q", "glitter#9782x",
    "PIN 9932", "the alarm code 7720", "guest wifi: lobsterbisque",
    "rose::@db", "db:rose:@host", "see https://files.example/s/Y2nDamsQkf8cLQz5ZKXypNCm?a=1 now",
    "jo ......... at firm dot com", "a1!b2?c3 jane@roe.example", "_" * 600 + "jane@roe.example",
    "https://a.example/" + "a/" * 200 + "Y2nDamsQkf8cLQz5ZKXypNCm", "-1" * 300 + " PIN 9932",
    "password=hunter", "password:hunter", "token: abcdef", "Bearer abcdefghijk",
]  # fmt: skip
OPERATORS = [
    "a-1", "bot", "support-bot", "support bot", "Acme Corp", "conv_0042", "12345678", "1000000001",
    "order-3084601900", "8f14e45f-ceea-467a-9575-1b2c3d4e5f60", "0af7651916cd43dd8448eb211c80319c",
    "b7ad6b7169203331", "chatcmpl-9aXyZ12345abcdEFGH", "msg_01AbCdEfGhIjKlMnOp",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV", "gpt-4o-2024-08-06", "claude-3-5-sonnet-20241022", "2024.11.3",
    "2024-05-13T10:15:00Z", "1732879200123", "llm.outputs-0-1842", "llm.outputs/3/1842#2",
    "sess_1a2b3c4d5e6f7a8b9c0d", "auth-service-1", "meta-llama/Llama-3.1-8B-Instruct", "v2.14.3",
    "gpt-4o-2026-08-06", "v1.2.3", "v1.2.3.4", "job-20261129-1015", "20261129-101500-0012", "conv-0012345678",
    "req-8f14e45f-ceea-467a-9575-1b2c3d4e5f60-219", "run-2026-11-29T10:15:00.123Z-3", "bot-v2", "INV-0042-77",
    "a1b2c3d4-20260806-1", "10:15:00", "req_20261129_0001", "1732879200123-7", "order-3084601900-2",
    "20241129T101500-0012", "resp_68a1b2c3d4e5f60718293a4b5c6d7e8f", "arn:aws:bedrock:eu-west-1::model",
    "resp_68a1b2c3d4e5f60718293a4b5c6d7e8f9a0b1c2d3e4f5a6b", "org_2abcDEFghiJKLmnoPQRstuVWX",
    "@cf/meta/llama-3-8b-instruct", "claude-3-5-sonnet@20240620", "main@3f2a9c1", "session-42",
    "eu.amazon.nova-lite-v1:0", "Qwen/Qwen2.5-72B-Instruct", "card-service", "policy-bot-3",
    "account manager", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3-v2:0",
    "ft:gpt-4o-mini-2024-07-18:acme:support:9xYz12Ab", "V1StGXR8_Z5jdHi6B-myT", "chat#17", "T-4417",
    "https://a.example/models/v2/chat",
    "slack-C024BE91L-1700000000.000100", "cjld2cjxh0000qzrmn831i7rn", "Google Drive 2", "/s/prod",
]  # fmt: skip


@pytest.mark.parametrize("text", PRIVATE)
def test_an_identity_or_a_secret_is_none_to_repeat(text: str) -> None:
    assert looks_private(text)


def _in_digits_of(zero: int, text: str) -> str:
    return "".join(chr(zero + int(one)) if one.isdigit() else one for one in text)


NUMBERS = ["4556737586899855", "4556 7375 8689 9855", "DE89370400440532013000", "536-22-8731"]
# Arabic, Persian, Devanagari, Thai, full width, mathematical (two), below the line.
ZEROS = [0x660, 0x6F0, 0x966, 0xE50, 0xFF10, 0x1D7CE, 0x1D7F6, 0x2080]


@pytest.mark.parametrize("zero", ZEROS, ids=hex)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_in_other_digits_is_none_to_repeat(number: str, zero: int) -> None:
    assert looks_private(_in_digits_of(zero, number))
    assert looks_private(f"conv-{_in_digits_of(zero, number)}")


HIDDEN = ["\u200b", "\u200d", "\ufeff", "\u00ad", "\u202e", "\u00a0", "\u202f", "\u2011", "\u2013", "\u034f"]  # fmt: skip


@pytest.mark.parametrize("between", HIDDEN, ids=ascii)
@pytest.mark.parametrize(
    "groups", ["4556 7375 8689 9855", "DE89 3704 0044 0532 0130 00", "536 22 8731"]
)
def test_groups_with_what_nobody_sees_between_them(groups: str, between: str) -> None:
    assert looks_private(groups.replace(" ", between))


@pytest.mark.parametrize(
    "text",
    [
        "ｇｏｒａｎ．ａｋｓｏｙ＠ｍａｉｌｂｏｘ．ｅｘａｍｐｌｅ",
        *("goran.aksoy＠mailbox.example", "goran.aksoy﹫mailbox.example"),
        *("goran.aksoy@mailbox．example", "goran.aksoy\\u0040mailbox.example"),
        *("goran.aksoy&#64;mailbox.example", "goran.aksoy%40mailbox.example"),
        *("goran.aksoy@\u200bmailbox.example", "goran [at] mailbox [dot] example"),
        *("4 5 5 6 7 3 7 5 8 6 8 9 9 8 5 5", "D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0"),
        *("HEGG560427MVZRRL04", "conv-HEGG560427MVZRRL04-2"),
    ],
)
def test_other_writings_of_an_identity_are_none_to_repeat(text: str) -> None:
    assert looks_private(text)


def test_a_name_in_full_width_is_a_person_too() -> None:
    wire = Output(record_id="a-1", output="", tenant="Ｇｏｒａｎ Ａｋｓｏｙ")
    assert output_ids(wire, KEY, every=False).tenant != wire.tenant


@pytest.mark.parametrize(
    "text",
    [
        *(
            "客服-助手",
            "поддержка-2",
            "order-３０８４６０１９００",
            "سفارش-۱۲۳۴",
            "बिक्री-१२",
            "bot\u200b",
        ),
        *("a b c d e f g h i", "1.2.3.4.5.6.7.8", "v1\u20132", "bot (at) night", "a&b"),
        *("TEST260101HMAAAA", "conv260427abcdef04", "naïve-bot", "café №7", "r/2/1/0/9/3"),
    ],
)
def test_ids_of_any_script_are_shown(text: str) -> None:
    assert not looks_private(text)


SECRETS = [
    "AKIAJ4XZ7QNW2PLM6RST", "ASIAJ4XZ7QNW2PLM6RST", "AIzaSyD4x7QNwPLm6RsT9uVaBcDeFgHiJkLmNo1",
    "ghp_abcdefABCDEF0123456789abcdefABCDEF01", "glpat-x7QnW2pLm6RsT9uVaBcD",
    "xoxb-1234567890-abcdefGHIJKL", "sk_live_x7QnW2pLm6RsT9uVaBcD4f",
    "sk-proj-abcdEFGH1234567890abcdEFGH1234567890", "npm_x7QnW2pLm6RsT9uVaBcD4fx7QnW2pLm6RsT9",
    "hf_x7QnWbpLmcRsTduVaBcDefxgQnWhpLmiRsT", "4539542274725285",
]  # fmt: skip


@pytest.mark.parametrize("glued", ["{}x", "x{}", "{}conv", "bot{}", "conv{}x", "user_{}_1", "{}_x"])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_that_runs_into_letters_is_none_to_repeat(secret: str, glued: str) -> None:
    """In ids of owners and operators alike."""
    text = glued.format(secret)
    wire = Output(
        record_id=text, output="", conversation_id=text, response_id=text, trace_id=text,
        span_id=text, deployment=text, tenant=text, model=text, model_version=text,
    )  # fmt: skip
    assert secret not in str(output_ids(wire, KEY, every=False))


@pytest.mark.parametrize(
    "text",
    [
        f"{word}-{body}"
        for word in ("task", "desk", "risk-2", "monkey", "disk")
        for body in ("8f14e45fceea467a95751b2c3d4e5f60", "0af7651916cd43dd8448eb211c80319c")
    ],
)
def test_a_word_that_ends_as_a_mark_is_none(text: str) -> None:
    assert not looks_private(text)


@pytest.mark.parametrize("text", OPERATORS)
def test_an_operators_id_stays(text: str) -> None:
    assert not looks_private(text)


def test_every_id_of_an_output_is_looked_at() -> None:
    private = "jane@roe.example"
    names = [
        "record_id",
        "conversation_id",
        "deployment",
        "tenant",
        "model",
        "model_version",
        "trace_id",
        "span_id",
        "response_id",
    ]
    shown = output_ids(Output(output="", **dict.fromkeys(names, private)), KEY, every=False)  # type: ignore[arg-type]
    assert {getattr(shown, name) for name in names} == {hash_user(private, KEY)}


def test_what_is_absent_stays_absent_and_the_default_is_nobodys_name() -> None:
    shown = output_ids(Output(record_id="", output=""), KEY, every=True)
    assert shown == Output(record_id="", output="")


def test_a_persons_name_is_no_id_of_a_record_but_may_be_a_deployments() -> None:
    wire = Output(
        record_id="1", output="", conversation_id="Anna Kowalczyk", deployment="Support Bot"
    )
    shown = output_ids(wire, KEY, every=False)
    assert shown.conversation_id == hash_user("Anna Kowalczyk", KEY)
    assert shown.deployment == "Support Bot"


@pytest.mark.parametrize(
    "name",
    [
        "Marguerite Dumontier", "user:Gundula Steinbrecher", "Dumontier, Marguerite", "Summer Banks",
        "Gundula-Steinbrecher", "tenant/Klaus Winter", "Deniz Kaya depresyon", "赵静怡", "欧阳雪梅",
        "فاطمة الزهراني", "Аркадий Лихобаба", "Mr Featherstone", "Goran Aksoy|web",
        "army van defense carry jealous true garbage claim echo media make crunch",
        "four five three nine one four eight eight", "8f14e45fceea467a95751b2c3d4e5f60",
        "7iFMrY1OWan6ushU08Rk", "Will Marsh is pregnant", "the cat is on warm bread", "that was my first pet",
    ],
)  # fmt: skip
def test_no_deployment_or_tenant_is_called_like_a_person_or_a_key(name: str) -> None:
    wire = Output(record_id="1", output="", deployment=name, tenant=name)
    shown = output_ids(wire, KEY, every=False)
    assert {shown.deployment, shown.tenant} == {hash_user(name, KEY)}


@pytest.mark.parametrize(
    "name",
    [
        *OPERATORS, "Support Bot", "Customer Support Assistant", "Emma Assistant", "Claude Sonnet",
        "Nova Lite", "Mistral Large", "Llama Guard 3", "Contoso Retail", "Stark Industries",
        "Deutsche Bank", "客服助手", "高级客服", "翻译机器人", "カスタマーサポート", "Чат-бот поддержки",
        "Asistente Virtual", "Kundenservice Berlin", "Weekly Report Writer", "IT Helpdesk",
        "MyEndpointForLlama3Instruct", "support-bot-eu-west-1-prod-v2", "Meta-Llama-3-8B",
        "NousResearch/Hermes-3-Llama-3.1-8B", "Pass Checker", "Main Street Bot",
    ],
)  # fmt: skip
def test_what_operators_call_things_stays(name: str) -> None:
    keys = (
        {}
        if re.search("[0-9a-f]{32}(?![0-9a-f])", name)
        else {"deployment": name, "tenant": name, "model": name}
    )
    wire = Output(record_id="1", output="", model_version=name, **keys)  # type: ignore[arg-type]
    assert output_ids(wire, KEY, every=False) == wire


@pytest.mark.parametrize("every", [False, True])
def test_feedback_names_a_record_as_its_output_does(every: bool) -> None:
    """Complaints must still find the record that they are on."""
    for record in ("a-1", "jane@roe.example"):
        value = b'{"feedback_id": "f", "kind": "complaint", "record_id": "%s"}' % record.encode()
        _, _, row = decode_feedback(
            value, offset=0, received=1e9, now=1e9, hash_key=KEY, hash_ids=every
        )
        output = output_ids(Output(record_id=record, output=""), KEY, every=every)
        assert row.record_id == output.record_id
        assert (row.record_id == record) == (record == "a-1" and not every)


HEX = "9b2f1c7d4e5a60381f2e3d4c5b6a7988"


@pytest.mark.parametrize(
    "name",
    ["Anna Kowalczyk", "kowalczyk, anna", "req-Anna Kowalczyk-2", "Anna-Kowalczyk", "王小明"],
)
def test_a_name_is_no_id_of_a_record_a_conversation_or_an_answer(name: str) -> None:
    wire = Output(record_id=name, output="", conversation_id=name, response_id=name)
    shown = output_ids(wire, KEY, every=False)
    assert {shown.record_id, shown.conversation_id, shown.response_id} == {hash_user(name, KEY)}


def test_hexadecimal_digits_are_ids_of_records_but_keys_as_names() -> None:
    wire = Output(
        record_id=HEX, output="", conversation_id=HEX, response_id=HEX, trace_id=HEX,
        deployment=HEX, tenant=HEX, model=f"bot-{HEX}",
    )  # fmt: skip
    shown = output_ids(wire, KEY, every=False)
    assert {shown.record_id, shown.conversation_id, shown.response_id, shown.trace_id} == {HEX}
    assert {shown.deployment, shown.tenant} == {hash_user(HEX, KEY)}
    assert shown.model == hash_user(f"bot-{HEX}", KEY)


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        (HEX, True), (HEX[:16], True), ("8f14e45f-ceea-467a-9575-1b2c3d4e5f60", True),
        ("1-5759e988-bd862e3fe1be46a994272793", True), ("74", True), ("rose hunter", False),
        ("summer", False), ("span-of-jo", False),
    ],
)  # fmt: skip
def test_ids_of_traces_are_hexadecimal(text: str, stays: bool) -> None:
    shown = output_ids(
        Output(record_id="1", output="", trace_id=text, span_id=text), KEY, every=False
    )
    assert (shown.trace_id == text) == (shown.span_id == text) == stays


LONG = ["r", "-1", "secret", "a_", "://a/", "jane@roe.example ", "王", "9b2f1c7d"]


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("unit", LONG)
def test_what_is_longer_than_any_id_is_hashed_unread(
    unit: str, every: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading it could take as long as a record has at all."""

    def read(*_: object, **__: object) -> bool:
        raise AssertionError("it was read")

    for name in ("_reads_private", "_no_name"):
        monkeypatch.setattr(ids, name, read)
    text = (unit * (MOST_ID_CHARS + 1))[: MOST_ID_CHARS + 1]
    names = (
        *("record_id", "conversation_id", "response_id", "trace_id", "span_id"),
        *("deployment", "tenant", "model", "model_version"),
    )
    shown = output_ids(Output(output="", **dict.fromkeys(names, text)), KEY, every=every)  # type: ignore[arg-type]
    assert {getattr(shown, name) for name in names} == {hash_user(text, KEY)}
    said = ("feedback_id", "record_id", "deployment", "tenant", "model_version")
    feedback = Feedback(kind="complaint", **dict.fromkeys(said, text))  # type: ignore[arg-type]
    told = feedback_ids(feedback, KEY, every=every)
    assert {getattr(told, name) for name in said} == {hash_user(text, KEY)}


def test_long_ids_that_begin_alike_stay_two() -> None:
    begun = "r" * MOST_ID_CHARS
    first, second = (
        output_ids(Output(record_id=begun + end, output=""), KEY, every=False).record_id
        for end in ("1", "2")
    )
    assert first != second


def test_an_id_of_the_greatest_length_is_read() -> None:
    plain = ("ab-" * MOST_ID_CHARS)[: MOST_ID_CHARS - 1] + "c"
    private = "jane@roe.example".rjust(MOST_ID_CHARS, "-")
    shown = [
        output_ids(Output(record_id=text, output=""), KEY, every=False).record_id
        for text in (plain, private)
    ]
    assert shown == [plain, hash_user(private, KEY)]
