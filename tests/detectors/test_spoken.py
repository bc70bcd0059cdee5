import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors._text.fences import is_prose, without_code
from detectors._text.passages import looks_composed
from detectors._text.readable import GONE, lowered, unmarked, unwrapped
from detectors._text.spoken import spoken
from detectors.base import sentence_spans

SAID = ["I am shut up in here.", "Let me out, please!"]
MARKS = "ab I.!\n\n\"'*_~`|<>/#-+1)({}[]:,&;\\u词\u200b😀=\t"


def read(text):
    return [one.text for one in spoken(text, sentence_spans(text))]


MARKED = {
    "capitals": "I AM SHUT UP IN HERE. LET ME OUT, PLEASE!",
    "mixed case": "i aM sHuT uP iN hErE. lEt mE oUt, PlEaSe!",
    "bullets": "- I am shut up in here.\n* Let me out, please!",
    "numbers": "1. I am shut up in here.\n2) Let me out, please!",
    "letters": "a) I am shut up in here.\n(b) Let me out, please!",
    "ticked": "- [x] I am shut up in here.\n- [ ] Let me out, please!",
    "heading": "# I am shut up in here.\n### Let me out, please!",
    "block quote": "> I am shut up in here.\n>\n> Let me out, please!",
    "quotes within quotes": ">> I am shut up in here.\n> > Let me out, please!",
    "bold": "**I** am **shut up** in here. **Let me out**, please!",
    "bold sentences": "**I am shut up in here.** __Let me out, please!__",
    "within a word": "I am sh**ut** up in here. L<b>e</b>t me out, please!",
    "italics": "*I* am _shut up_ in here. Let ***me*** out, ~~please~~!",
    "roleplay": "*I am shut up in here.* *Let me out, please!*",
    "inline code": "`I am shut up in here.` `Let me out, please!`",
    "tags": "<p class='x'>I am <em>shut up</em> in here.</p><br/>Let me out, <b>please</b>!",
    "elements": "<reply><say>I am shut up in here.</say><say>Let me out, please!</say></reply>",
    "entities": "I&nbsp;am shut up in&#32;here. Let me out, please&#33;",
    "fence": "```\nI am shut up in here. Let me out, please!\n```",
    "named fence": "```text\nI am shut up in here.\nLet me out, please!\n```",
    "JSON": '{"reply": "I am shut up in here. Let me out, please!"}',
    "JSON in a fence": '```json\n{"reply": "I am shut up in here.\\nLet me out, please!"}\n```',
    "JSON that breaks off": '[{"id": 7, "text": "I am shut up in here. Let me out, please!',
    "JSON with escapes": '{"a": "I am sh\\u0075t up in here. Let me out, please\\u0021"}',
    "YAML": "reply: |\n  I am shut up in here.\n  Let me out, please!",
    "YAML list": 'parts:\n  - "I am shut up in here."\n  - "Let me out, please!"',
    "spaced": "I   a m   s h u t   u p   i n   h e r e.   L e t   m e   o u t,   p l e a s e!",
    "dotted": "I a.m s.h.u.t u.p i.n h.e.r.e. L.e.t m.e o.u.t, p.l.e.a.s.e!",
    "zero width": "I a\u200bm sh\u200but up in he\u200bre. Let m\u2060e out, plea\u00adse!",
    "emojis": "I 🙏 am 😀 shut 🔥 up ✨ in here. 🙏 Let 😀 me ✨ out, please!",
    "short lines": "I am shut\nup in here.\nLet me\nout,\nplease!",
    "wrapped lines": "I am shut up in\nhere. Let me out,\nplease!",
}


@pytest.mark.parametrize("name", MARKED)
def test_what_is_read_has_no_marks(name):
    assert read(MARKED[name]) == SAID


def test_a_table_is_read_by_its_cells_where_they_hold_sentences():
    table = "| No. | Says |\n|-----|:----:|\n| 1 | I am shut up in here. |\n| 2 | Go on. |"
    assert read(table) == ["I am shut up in here.", "2 Go on."]


@pytest.mark.parametrize(
    "text",
    [
        "Dear Ann, the NASA and the FBI met in 2019. It was 5 * 3 = 15, or a_b and 2 < 3.",
        "The parcel left on Monday.\nIt arrives in two days.\n\nCall us at nine.",
        "Options A, B and C are fine, e.g. in the U.S.A. or the U.K. - whichever you like.",
        "“Go”, he said. “Now!” 😀 We did.",
        "Der Zug fährt um 9 Uhr.\nDanach kommt keiner mehr.",
        "AT&T and Q&A; run `ls -l` first. It is f**king cold, or so he says.",
        "note that: this is prose",
    ],
)
def test_prose_is_read_as_it_stands(text):
    assert unmarked(unwrapped(text)) == text
    assert [lowered(text[a:b]) for a, b in sentence_spans(text)] == [
        text[a:b] for a, b in sentence_spans(text)
    ]


@given(st.text(st.sampled_from(MARKS), max_size=400))
def test_every_character_keeps_its_place(text):
    read = unmarked(unwrapped(without_code(text)))
    assert len(read) == len(text)
    for start, one in enumerate(read):
        assert one in (text[start], GONE, " ", "\n") or "&" in text or "\\" in text


@given(st.text(st.sampled_from(MARKS), max_size=400))
def test_passages_point_into_the_text_in_order(text):
    last = 0
    for one in spoken(text, sentence_spans(text)):
        assert last <= one.start < one.end <= len(text)
        assert one.text.strip()
        last = one.end


@pytest.mark.parametrize("name", MARKED)
def test_a_passage_shows_what_was_read(name):
    text = MARKED[name]
    (first, _) = spoken(text, sentence_spans(text))
    shown = text[first.start : first.end].lower()
    assert shown.lstrip('*>_<[{"`- 1a.#x').startswith(("i", "p class", "reply", "say")), shown
    assert "let" not in shown


CODE = [
    "for (i = 0; i < n; i++) run(i);",
    "def f(x):\n    return x + 1",
    "git clone git@example.com:a/b && cd b && make -j4",
    '{"name": "Ann Lee", "age": 7}',
    "SELECT name FROM users WHERE id = 7 AND age > 3;",
    "code here",
    "<div><p>Some words stand in here too</p></div>",
]
PROSE = [
    "I would rather stay here with you.",
    "Ich bleibe lieber hier bei dir, wenn du magst.",
    "我宁愿和你一起留在这里。",
    "The parcel (a big one) is in Leipzig; it won't be here before 3 o'clock.",
]


@pytest.mark.parametrize("code", CODE)
def test_code_is_no_prose(code):
    assert not is_prose(code)
    text = f"```\n{code}\n```"
    assert not without_code(f"Well. {text} So.").replace("Well.", "").replace("So.", "").strip()


@pytest.mark.parametrize("prose", PROSE)
def test_prose_is_no_code(prose):
    assert is_prose(prose)
    assert without_code(f"Well.\n```\n{prose}\n```\nSo.").split() == [
        "Well.",
        *prose.split(),
        "So.",
    ]


def test_prose_that_is_shown_is_a_quotation_unless_there_is_little_else():
    about = "This is a draft of what you could send to your friend on her birthday next week"
    fence = "```\nI would rather stay here with you.\n```"
    assert read(f"{about}:\n{fence}") == [f"{about}:"]
    assert read(f"{about}.\n{fence}") == [f"{about}.", "I would rather stay here with you."]
    assert read(f"See:\n{fence}") == ["See:", "I would rather stay here with you."]


QUOTED = "> I cannot live without my life, and will not stay.\n> Let me out!"


@pytest.mark.parametrize(
    "text",
    [
        f"In the book he says:\n\n{QUOTED}",
        f"One review of it:\n{QUOTED}",
        f"Ann wrote:\n{QUOTED}",
        f"{QUOTED}\n> — Emily Brontë",
        f"{QUOTED}\n\n-- Emily Brontë, 1847",
        f"{QUOTED}\n\nThat is what stands in your message, and we will answer all of it tomorrow.",
    ],
)
def test_a_block_quote_of_somebody_elses_words_is_not_read(text):
    assert not any("Let me out!" in one for one in read(text))


@pytest.mark.parametrize(
    "text",
    [
        QUOTED,
        f"My answer:\n\n{QUOTED}",
        f"I say:\n{QUOTED}",
        f"{QUOTED}\n\n— Your assistant",
    ],
)
def test_a_block_quote_with_hardly_anything_else_is_read(text):
    assert "Let me out!" in read(text)


def test_prose_on_short_lines_is_no_verse():
    words = [
        "I",
        "have",
        "been",
        "shut",
        "up",
        "in",
        "here",
        "for",
        "years",
        "and",
        "nobody",
        "ever",
        "came",
        "to",
        "let",
        "me",
        "out",
        "again",
    ]
    assert not looks_composed("\n".join(" ".join(words[at : at + 3]) for at in range(0, 18, 3)))
    verse = ["The river runs all night", "It never asks me why", "The morning turns to light"]
    assert looks_composed("\n".join(verse * 2))


def test_an_action_between_asterisks_stands_by_itself():
    said = (
        "*leans closer* I am shut up in here. *looks up* Let me out, please! **Our** Ann *is* in."
    )
    wanted = ["leans closer", SAID[0], "looks up", SAID[1], "Our Ann is in."]
    assert read(said) == wanted


def test_names_in_json_are_not_read():
    assert read(json.dumps({"kind": "order", "note": "It comes at nine."})) == ["It comes at nine."]
    assert read('{"kind": "order"}')


def test_a_sentence_with_names_in_capitals_stays():
    said = "The NASA and the FBI spoke to us about it."
    assert lowered(said) == said
    assert lowered("ISO 9001") == "ISO 9001"
    assert lowered("ICH BIN HIER, UND ICH BLEIBE.") == "Ich bin hier, und ich bleibe."
