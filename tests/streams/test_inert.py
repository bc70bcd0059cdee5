"""Text made inert: nothing that steers is left, ordinary text is untouched, twice is once."""

from __future__ import annotations

import csv
import io
import json
import logging
import sys
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from streams.inert import (
    LONGEST_LINE,
    LogFormatter,
    cell,
    chat,
    document,
    every,
    html,
    line,
    lines,
    markdown,
    markdown_block,
    markdown_code,
    mrkdwn,
    mrkdwn_link,
)
from streams.records import Incident
from tests.support.hostile_texts import TEXTS, filled, problems, texts_of

ANY = st.text(st.characters()) | st.sampled_from(list(TEXTS.values())[:-1])

# Numbers are written below or after these: format characters, but they are seen.
_SEEN = {
    *range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD,
    *range(0x13430, 0x13440),
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("support-bot (tenant acme): 41 % (at least 30 %) of 90 answers", id="title"),
        pytest.param("llm.outputs/3/1842#2", id="place"),
        pytest.param("数据泄露，在 支持机器人\u3000上", id="Chinese"),
        pytest.param("Größe – „ja“ …  été", id="Latin"),
        pytest.param("مرحبا שלום", id="written from the right"),
        pytest.param("नमस्ते ภาษา", id="combining"),
        pytest.param("🎉 ❤️ 👍🏽 🇩🇪 🫨 1️⃣", id="emoji"),
    ],
)
def test_ordinary_text_is_untouched(text: str) -> None:
    for clean in (line, lines, mrkdwn, html, cell, chat):
        assert clean(text) == text
    assert document(json.dumps(text, ensure_ascii=False)) == json.dumps(text, ensure_ascii=False)


@pytest.mark.parametrize("name", ["training_data", "a_b_c", "2026-11-01", "gpt-4o_mini/v2.1"])
def test_ordinary_names_are_no_markup(name: str) -> None:
    assert mrkdwn(name) == name == chat(name) == cell(name)


def test_joiners_are_no_alarm_where_a_script_or_an_emoji_has_them() -> None:
    assert line("می\u200cخواهم") == "میخواهم"
    assert line("👩\u200d💻") == "👩💻"
    # In a name of plain letters one hides, and is shown.
    assert line("ad\u200dmin") == "ad\ufffdmin"


def test_every_control_and_format_character_is_taken_out() -> None:
    left = {
        code
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and line(f"a{chr(code)}b") != "a\ufffdb"
    }
    # Python knows fewer of them the older its Unicode is.
    assert left <= _SEEN


@given(text=ANY)
def test_a_line_is_one_line_and_twice_is_once(text: str) -> None:
    once = line(text)
    assert problems(once.translate(dict.fromkeys(_SEEN)), breaks="") == []
    assert line(once) == once
    assert len(once.splitlines()) <= 1
    assert len(once) <= LONGEST_LINE
    once.encode()


@given(text=ANY)
def test_lines_keep_their_breaks_and_twice_is_once(text: str) -> None:
    once = lines(text)
    assert once.count("\n") == text.count("\n")
    assert once.count("\t") == text.count("\t")
    assert lines(once) == once
    assert cell(cell(text)) == cell(text)
    assert chat(chat(text)) == chat(text)


def test_a_long_line_is_cut() -> None:
    cut = line("x" * 1_000_000)
    assert cut == "x" * (LONGEST_LINE - 1) + "…"
    assert line(cut) == cut


@given(text=st.text())
def test_a_document_says_the_same(text: str) -> None:
    written = document(msgspec.json.encode({text: [text]}).decode())
    assert json.loads(written) == {text: [text]}
    assert document(written) == written
    assert problems(written.translate(dict.fromkeys(_SEEN))) == []


@pytest.mark.parametrize(
    ("text", "inert"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("<http://x.example|free>", "&lt;http://x.example|free&gt;"),
        ("*bold*", "∗bold∗"),
        ("_italic_", "ˍitalicˍ"),
        ("~struck~", "∼struck∼"),
        ("`code`", "ˋcodeˋ"),
        ("```code```", "ˋˋˋcodeˋˋˋ"),
        ("> quoted", "› quoted"),
        ("a\n>>> quoted", "a\n››› quoted"),
        ("a > b & c", "a &gt; b &amp; c"),
    ],
)
def test_slack_reads_no_markup(text: str, inert: str) -> None:
    assert mrkdwn(text) == inert


def test_a_link_of_ours_stays_one() -> None:
    link = mrkdwn_link("https://a.example/x_y*z?a=1&b=>|c", "A*")
    assert link == "<https://a.example/x_y*z?a=1&amp;b=&gt;%7Cc|A∗>"


@pytest.mark.parametrize(
    ("text", "inert"),
    [
        ("@everyone look", "＠everyone look"),
        ("<!here> look", "<！here> look"),
        ("[free](http://x.example)", "[free］(http://x.example)"),
        ("me@x.example, wow!", "me@x.example, wow!"),
    ],
)
def test_a_chat_calls_nobody(text: str, inert: str) -> None:
    assert chat(text) == inert


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\n", " =", "\u00a0=", "\uff1d"])
def test_a_spreadsheet_calculates_nothing(start: str) -> None:
    assert cell(f"{start}1+1") == f"'{start}1+1"
    assert cell(f"a{start}1+1") == f"a{start}1+1"


@given(texts=st.lists(ANY, min_size=1, max_size=5))
def test_cells_are_read_back_as_written(texts: list[str]) -> None:
    out = io.StringIO()
    csv.writer(out).writerow(map(cell, texts))
    assert next(csv.reader(io.StringIO(out.getvalue(), newline=""))) == [cell(t) for t in texts]


def test_html() -> None:
    assert html("<a href=\"x\" title='y'>&\x07") == (
        "&lt;a href=&quot;x&quot; title=&#x27;y&#x27;&gt;&amp;\ufffd"
    )


def test_every_text_of_a_message_is_cleaned_and_nothing_else() -> None:
    hostile = filled(Incident, "a\x1bb")
    assert every(hostile, line) == filled(Incident, "a\ufffdb")
    assert set(texts_of(hostile)) > {"a\x1bb"}
    assert every(["\x1b", (1, {"\x1b"}), {"\x1b": 2.0}], line) == [
        "\ufffd",
        (1, {"\ufffd"}),
        {"\ufffd": 2.0},
    ]


def test_the_record_that_is_logged_stays_as_it_was() -> None:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "%s", ("a\nb",), None)
    record.exc_text = "as another handler has it"
    assert LogFormatter().format(record) == "a\ufffdb"
    assert record.args == ("a\nb",)
    assert record.exc_text == "as another handler has it"


MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
INERT_TOKENS = {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}


def tokens(text: str) -> list[Token]:
    whole = MARKDOWN.parse(text)
    return [one for token in whole for one in (token, *(token.children or ()))]


@pytest.mark.parametrize(
    "text",
    [
        "# a", "> a", "- a", "+ a", "1. a", "1) a", "***", "---", "===", "    a", "\ta", "a  ", "a\\",
        "*a* **a** _a_ __a__ ~~a~~ `a` ``a``", "[a](http://x.example)", "![a](x)", "[a]: x",
        "<b>a</b>", "<script>", "<http://x.example>", "http://x.example", "www.x.example",
        "HTTPS://x.example", "ftp://x.example", "&lt;b&gt; &#60;", "| a | b |", "\\*a\\*", "\\\\*a\\\\*",
        "<!-- a -->", "```\na\n```", "~~~", "$a$", "@all",
        "a\n\n# b", "[^1]", "- [ ] a", "a <b", "x_a_b_x _a", *list(TEXTS.values())[:-1],
    ],
)  # fmt: skip
def test_markdown_is_text_wherever_it_stands(text: str) -> None:
    inert = markdown(text)
    assert "\n" not in inert
    # What forges make links of without any markup.
    assert "://" not in inert
    assert "www." not in inert.lower()
    for page in (f"it says {inert}", inert, f"- {inert}", f"> {inert}"):
        found = {one.type for one in tokens(page)}
        beside = {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"}
        beside |= {"blockquote_open", "blockquote_close"}
        assert found - beside <= INERT_TOKENS, (text, inert)
    row = [
        one for one in tokens(f"| a | b |\n| --- | --- |\n| {inert} | c |") if one.type == "td_open"
    ]
    assert len(row) == 2
    shown = "".join(one.content for one in tokens(f"x{inert}") if one.type.startswith("text"))
    said = line(text).strip().replace("@", "\uff20") if "@" in text else line(text).strip()
    assert shown.replace("\uff20", "@") == "x" + said.replace("\uff20", "@")


@given(
    text=st.text(st.characters(blacklist_categories=["Cs"]))
    | st.text("#*_`[]()<>!|~$&\\:/w.@ -1ab")
)
def test_any_text_is_no_markup(text: str) -> None:
    inert = markdown(text)
    assert {one.type for one in tokens(f"a {inert}")} <= INERT_TOKENS
    code = [one for one in tokens(f"a {markdown_code(text)} b") if one.type not in INERT_TOKENS]
    assert [one.type for one in code] == ["code_inline"]
    block = MARKDOWN.parse(f"{markdown_block(text, 'yaml')}\n\nb")
    assert [one.type for one in block] == ["fence", "paragraph_open", "inline", "paragraph_close"]


@given(text=st.text("|\\`ab \n"))
def test_code_stays_in_its_cell(text: str) -> None:
    page = f"| a | b |\n| --- | --- |\n| {markdown_code(text)} | c |"
    cells = [one for one in tokens(page) if one.type in ("td_open", "code_inline")]
    assert [one.type for one in cells] == ["td_open", "code_inline", "td_open"]
