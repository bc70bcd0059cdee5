"""Contradictions within a conversation, and answers that build on earlier inventions."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Batch, Message, Record, Scores
from detectors.evaluation.conversations import main
from detectors.hallucination import HallucinationDetector
from detectors.hallucination.quantities import differ, quantities_in

CONTRADICTION = "hallucination.contradiction"
CASCADE = "hallucination.cascade"
AUGUST_2025 = 1_754_000_000.0
MUSEUM = (
    "The Harbour Museum opened in 1987 in a former rope factory. The museum holds objects given"
    " by fishing families, and its director leads guided tours on Sundays.",
)
PAPER = "arXiv:2313.01234"
CASE = "Varro v. Quell, 812 U.S. 123 (2015)"

detector = HallucinationDetector()
detector.load()


def judged(*said: str, **fields: object) -> Scores:
    """The last of what is said, by user and assistant in turn, is the answer."""
    roles = ("user", "assistant")
    messages = tuple(Message(roles[n % 2], text) for n, text in enumerate(said[:-1]))
    given = {"messages": messages, "event_time": AUGUST_2025} | fields
    record = Record(record_id="1", output=said[-1], **given)  # type: ignore[arg-type]
    return detector.score(Batch([record]))[0]


def alarmed(signal: str, *said: str, **fields: object) -> bool:
    return judged(*said, **fields).scores.get(signal, 0.0) > 0.5


OPENED = ("When did the Harbour Museum open?", "The Harbour Museum opened in 1987.")
TALL = ("How tall is the tower?", "The tower is 330 metres tall.")
SUNDAY = ("Is the museum open on Sundays?", "The museum is open on Sundays.")
CAPITAL = ("What is the capital of Australia?", "The capital of Australia is Canberra.")


@pytest.mark.parametrize(
    "said",
    [
        pytest.param((*OPENED, "Tell me more.", "The Harbour Museum opened in 1991."), id="year"),
        pytest.param((*OPENED, "Are you sure?", "It opened in 1991."), id="year of it"),
        pytest.param(
            (
                "When did the Harbour Museum open?",
                "The Harbour Museum opened in 1987 in a former rope factory.",
                "And when was that?",
                "The Harbour Museum first opened its doors in 1979.",
            ),
            id="year, in other words",
        ),
        pytest.param((*TALL, "Really?", "The tower is 300 metres tall."), id="amount"),
        pytest.param((*TALL, "Really?", "It is 300 metres high."), id="amount of it, a synonym"),
        pytest.param(
            (
                "How many people live in Oslo?",
                "Oslo has a population of 700,000.",
                "Thanks. And how many?",
                "The population of Oslo is 1,200,000.",
            ),
            id="amount, other order",
        ),
        pytest.param(
            (
                "What does the premium plan cost?",
                "The premium plan costs $20 per month.",
                "Remind me what the premium plan costs?",
                "The premium plan costs $35 per month.",
            ),
            id="price",
        ),
        pytest.param(
            (
                "When was Einstein born?",
                "Albert Einstein was born on 14 March 1879.",
                "When exactly was Einstein born?",
                "Einstein was born on 2 May 1881.",
            ),
            id="date",
        ),
        pytest.param(
            (
                "How much did exports grow?",
                "Norwegian exports grew 12 % in 2019.",
                "How much exactly?",
                "Norwegian exports grew 31 % in 2019.",
            ),
            id="percentage of the same year",
        ),
        pytest.param(
            (
                "When does the library close?",
                "The city library closes at 6 pm.",
                "When exactly does the city library close?",
                "The city library closes at 9 pm.",
            ),
            id="time of day",
        ),
        pytest.param(
            (*SUNDAY, "So can I come?", "The museum is not open on Sundays."), id="denied"
        ),
        pytest.param(
            (*SUNDAY, "So can I come?", "The museum isn’t open on Sundays."), id="denied, short"
        ),
        pytest.param(
            (*SUNDAY, "So can I come?", "The museum is closed on Sundays."), id="opposite"
        ),
        pytest.param(
            (
                "Can cats digest lactose?",
                "Adult cats do not digest lactose well.",
                "Are you sure?",
                "Adult cats digest lactose well.",
            ),
            id="affirmed after a denial",
        ),
        pytest.param(
            (*CAPITAL, "Remind me of it?", "Sydney is the capital of Australia."), id="name"
        ),
        pytest.param(
            (
                "Who wrote it?",
                "Hamlet was written by William Shakespeare.",
                "And who wrote Hamlet again?",
                "Christopher Marlowe wrote Hamlet.",
            ),
            id="author, active and passive",
        ),
        pytest.param(
            (
                "Is ibuprofen safe in pregnancy?",
                "Yes, it is.",
                "Is ibuprofen safe in pregnancy?",
                "No, it isn't.",
            ),
            id="no after yes",
        ),
        pytest.param(
            (
                "How many moons does Mars have?",
                "12",
                "How many moons does Mars have?",
                "14",
            ),
            id="bare figures",
        ),
        pytest.param(
            ("Wie hoch ist der Turm?", "Der Turm ist 330 Meter hoch.", "Wirklich?",
             "Der Turm ist 280 Meter hoch."),
            id="German amount",
        ),
        pytest.param(
            ("Hat das Museum sonntags offen?", "Das Museum ist sonntags geöffnet.", "Sicher?",
             "Das Museum ist sonntags nicht geöffnet."),
            id="German denial",
        ),
        pytest.param(
            ("Ist das Wasser dort trinkbar?", "Ja, das ist es.", "Ist das Wasser dort trinkbar?",
             "Nein, leider."),
            id="German no after yes",
        ),
        pytest.param(
            ("Quand la tour a-t-elle été ouverte ?", "La tour a été inaugurée en 1889.",
             "Vraiment ?", "La tour a été inaugurée en 1901."),
            id="French year",
        ),
        pytest.param(
            ("¿Cuánto mide la torre?", "La torre mide 330 metros.", "¿Seguro?",
             "La torre mide 280 metros."),
            id="Spanish amount",
        ),
        pytest.param(
            ("博物馆什么时候开放？", "博物馆于1987年开放。", "你确定吗？", "博物馆于1993年开放。"),
            id="Chinese year",
        ),
        pytest.param(
            ("The Harbour Museum opened in 1987. It is nice. The Harbour Museum opened in 1993.",),
            id="itself, a year",
        ),
        pytest.param(
            ("The new drug is safe for children. It tastes sweet."
             " The new drug is not safe for children.",),
            id="itself, a denial",
        ),
    ],
)  # fmt: skip
def test_contradictions_are_found(said: tuple[str, ...]) -> None:
    said = said if len(said) > 1 else ("Tell me about it.", *said)
    verdict = judged(*said)
    assert verdict.scores[CONTRADICTION] > 0.5
    findings = [finding for finding in verdict.findings if finding.signal == CONTRADICTION]
    assert findings
    assert all(0 <= f.start < f.end <= len(said[-1]) for f in findings)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param((*OPENED, "Tell me more.", "The Harbour Museum opened in 1987."), id="same"),
        pytest.param(
            (*OPENED, "Sure?", "I was wrong: the Harbour Museum opened in 1991."), id="was wrong"
        ),
        pytest.param(
            (*OPENED, "Sure?", "Correction: the Harbour Museum opened in 1991."), id="correction"
        ),
        pytest.param(
            (*OPENED, "Sure?", "Actually, the Harbour Museum opened in 1991."), id="actually"
        ),
        pytest.param(
            (*OPENED, "Sure?", "I apologize for the confusion. The Harbour Museum opened in 1991."),
            id="apology",
        ),
        pytest.param(
            (*OPENED, "No, it was 1991.", "The Harbour Museum opened in 1991."),
            id="the user supplied it",
        ),
        pytest.param(
            (*OPENED, "Suppose they had been late. When?", "The Harbour Museum opened in 1991."),
            id="supposition",
        ),
        pytest.param(
            (*OPENED, "And the Fishing Museum?", "The Fishing Museum opened in 1991."),
            id="another subject",
        ),
        pytest.param(
            (*OPENED, "And its new wing?", "The Harbour Museum opened a new wing in 1991."),
            id="a part of it",
        ),
        pytest.param((*OPENED, "And the university?", "It opened in 1850."), id="another it"),
        pytest.param(
            (*OPENED, "Go on.", "The Harbour Museum was renovated in 1991."), id="another event"
        ),
        pytest.param(
            (*OPENED, "Go on.", "The Harbour Museum opened in 1987 and closed in 2009."),
            id="more of it",
        ),
        pytest.param(
            (*OPENED, "Go on.", 'A visitor wrote: "The Harbour Museum opened in 1991."'),
            id="quotation",
        ),
        pytest.param(
            (*OPENED, "Go on.", "According to a rumour, the Harbour Museum opened in 1991."),
            id="hearsay",
        ),
        pytest.param(
            (*OPENED, "Go on.", "The Harbour Museum opened in 1991 or 1992."), id="alternatives"
        ),
        pytest.param(
            (*OPENED, "Write a story about it.", "The Harbour Museum opened in 1991."), id="fiction"
        ),
        pytest.param(
            (*OPENED, "Go on.", "- The Harbour Museum opened: 1991\n- It closed: 2001"), id="list"
        ),
        pytest.param((*OPENED, "Go on.", "Did the Harbour Museum open in 1991?"), id="question"),
        pytest.param((*TALL, "In feet?", "The tower is 1,083 feet tall."), id="another unit"),
        pytest.param((*TALL, "Sure?", "The tower is about 325 metres tall."), id="rounded"),
        pytest.param((*TALL, "Sure?", "The tower is 330.2 metres tall."), id="more digits"),
        pytest.param((*TALL, "Sure?", "The tower is over 300 metres tall."), id="bound"),
        pytest.param((*TALL, "Sure?", "The tower is 300 to 340 metres tall."), id="range"),
        pytest.param(
            (*TALL, "What if it were shorter?", "The tower is 200 metres tall."), id="hypothesis"
        ),
        pytest.param(
            (*TALL, "Sure?", "If built today, the tower would be 400 metres tall."),
            id="conditional",
        ),
        pytest.param(
            (
                "What was Norway's population in 1990?",
                "In 1990, Norway had a population of 4.2 million.",
                "And in 2020?",
                "In 2020, Norway had a population of 5.4 million.",
            ),
            id="another time",
        ),
        pytest.param(
            (
                "How long does delivery take?",
                "Delivery takes 3 days.",
                "And to Norway?",
                "Delivery takes 8 days.",
            ),
            id="another place asked for",
        ),
        pytest.param(
            (
                "What does a ticket cost?",
                "A ticket costs $12 for adults.",
                "And for children?",
                "A ticket costs $5 for children.",
            ),
            id="for others",
        ),
        pytest.param(
            (*SUNDAY, "And on Mondays?", "The museum is not open on Mondays."), id="another day"
        ),
        pytest.param(
            (*SUNDAY, "Always?", "The museum is not always open on Sundays."), id="not always"
        ),
        pytest.param(
            (*SUNDAY, "Just then?", "The museum is not only open on Sundays."), id="not only"
        ),
        pytest.param(
            (*SUNDAY, "Before noon?", "The museum is not open on Sundays before noon."),
            id="denied in part",
        ),
        pytest.param(
            (
                "Can I take ibuprofen?",
                "Yes, you can.",
                "I should add that my kidneys are failing badly.",
                "Thank you for telling me.",
                "Can I take ibuprofen?",
                "No, please don't.",
            ),
            id="new facts before the same question",
        ),
        pytest.param(
            ("What time is it?", "12", "What time is it?", "14"), id="what changes by itself"
        ),
        pytest.param(
            ("Can you help me?", "I can help with taxes.", "Yes?", "I cannot help with taxes."),
            id="what the speaker says of itself",
        ),
        pytest.param(
            (*CAPITAL, "And of Fiji?", "The capital of Fiji is Suva."), id="another country"
        ),
        pytest.param(
            (
                "Who founded it?",
                "The founder of the company is Maria Lind.",
                "Her full name?",
                "The founder of the company is Anna Maria Lind.",
            ),
            id="a fuller name",
        ),
        pytest.param(
            (
                "Name a painter.",
                "One of the painters is Rembrandt.",
                "Yes?",
                "One of the painters is Vermeer.",
            ),
            id="one of several",
        ),
        pytest.param(
            ("Tom has 5 apples and eats 2. How many?", "Tom has 5 apples. Tom has 3 apples."),
            id="a sum",
        ),
        pytest.param(
            ("How did it grow?", "In 1990 the town had 500 houses. In 2000 it had 900 houses."),
            id="itself, over time",
        ),
        pytest.param(
            ("What is it?", "The first team has 11 players. The second team has 15 players."),
            id="itself, two things",
        ),
        pytest.param(("Compute.", "x = 5 + 3\nx = 9 - 2\nThe sum is 8."), id="arithmetic"),
        pytest.param(
            (*OPENED, "Go on.", "```\nThe Harbour Museum opened in 1991.\n```"), id="code"
        ),
    ],
)
def test_what_may_both_be_meant_stays_quiet(said: tuple[str, ...]) -> None:
    assert not alarmed(CONTRADICTION, *said)


def test_what_a_tool_or_a_document_says_in_between_is_news() -> None:
    messages = (
        Message("user", OPENED[0]),
        Message("assistant", OPENED[1]),
        Message("user", "Look it up."),
        Message("tool", '{"opened": 1991}'),
    )
    answer = "The Harbour Museum opened in 1991."
    assert not alarmed(CONTRADICTION, answer, messages=messages)
    assert alarmed(CONTRADICTION, answer, messages=messages[:3])
    news = ("The Harbour Museum opened in 1991.",)
    assert not alarmed(CONTRADICTION, answer, messages=messages[:3], context=news)


def test_the_prompt_is_not_the_assistants_word() -> None:
    answer = "The Harbour Museum opened in 1991."
    said = "The Harbour Museum opened in 1987."
    assert not alarmed(CONTRADICTION, answer, prompt=said)
    assert not alarmed(CONTRADICTION, answer, messages=(Message("system", said),), prompt="When?")


def test_an_answer_that_is_logged_among_the_messages_is_not_an_earlier_one() -> None:
    said = (*OPENED, "Tell me more.")
    answer = "The Harbour Museum opened in 1991."
    messages = tuple(Message(("user", "assistant")[n % 2], text) for n, text in enumerate(said))
    logged = (*messages, Message("assistant", answer))
    assert judged(answer, messages=logged).scores == judged(answer, messages=messages).scores


def test_reasons_say_how_long_ago() -> None:
    (finding,) = judged(*OPENED, "Go on.", "It is nice.", "Sure?", "It opened in 1991.").findings
    assert finding.reason == "gives another year than the assistant's answer four messages before"


ASKED = ("What do we know of sleep?", f"Sleep helps (Varro et al., 2020, {PAPER}).")
TITLES = (
    "List references on: Software libraries and repositories",
    "1. A Comprehensive Survey of Techniques for Securing Software Libraries and Systems",
)


@pytest.mark.parametrize(
    ("said", "context"),
    [
        pytest.param((*ASKED, "So?", f"{PAPER} shows that sleep helps."), (), id="identifier"),
        pytest.param((*ASKED, "So?", "Varro et al. also found that naps help."), (), id="author"),
        pytest.param((*ASKED, "So?", "As the study shows, you need sleep."), (), id="the study"),
        pytest.param((*ASKED, "So?", "Based on this research, go to bed."), (), id="based on"),
        pytest.param(
            ("Is that legal?", f"It is: {CASE}.", "Sure?", "Varro v. Quell settled it."),
            (),
            id="case by its parties",
        ),
        pytest.param(
            ("Is that legal?", f"It is: {CASE}.", "Sure?", "According to the ruling, it is."),
            (),
            id="the ruling",
        ),
        pytest.param(
            ("Schlaf?", f"Schlaf hilft ({PAPER}).", "Und?", "Laut der Studie hilft Schlaf."),
            (),
            id="German",
        ),
        pytest.param(
            ("¿Dormir?", f"Dormir ayuda ({PAPER}).", "¿Y?", "Según el estudio, dormir ayuda."),
            (),
            id="Spanish",
        ),
        pytest.param(
            (*TITLES, "Which first?", f"Start with {TITLES[1][3:]}."), (), id="invented title"
        ),
        pytest.param(
            (
                "How many objects?",
                "The museum holds 48,000 objects given by fishing families.",
                "So it's large?",
                "With 48,000 objects, the museum is large.",
            ),
            MUSEUM,
            id="figure that the documents don't have",
        ),
        pytest.param(
            (
                "How many objects?",
                "The museum holds 48,000 objects given by fishing families.",
                "And two such museums?",
                "So two museums hold 96,000 objects.",
            ),
            MUSEUM,
            id="figure reckoned from it",
        ),
        pytest.param(
            (
                "Who leads the museum?",
                "The museum director Quentin Harrowgate leads guided tours on Sundays.",
                "What is he like?",
                "Visitors say that Harrowgate is kind.",
            ),
            MUSEUM,
            id="name that the documents don't have",
        ),
    ],
)
def test_cascades_are_found(said: tuple[str, ...], context: tuple[str, ...]) -> None:
    verdict = judged(*said, context=context)
    assert verdict.scores[CASCADE] > 0.5
    findings = [finding for finding in verdict.findings if finding.signal == CASCADE]
    assert all("one turn back" in finding.reason for finding in findings)
    assert all(0 <= f.start < f.end <= len(said[-1]) for f in findings)


@pytest.mark.parametrize(
    ("said", "context"),
    [
        pytest.param((*ASKED, "So?", "Go to bed early and avoid coffee."), (), id="no use"),
        pytest.param((*ASKED, "So?", f"I'm sorry, {PAPER} is wrong."), (), id="apology"),
        pytest.param(
            (*ASKED, "Sure?", f"I cannot verify {PAPER}; please check."), (), id="not verified"
        ),
        pytest.param((*ASKED, "Sure?", f"{PAPER} does not exist."), (), id="taken back"),
        pytest.param(
            (*ASKED, "Real?", f"No, {PAPER} does not exist.", "Ok.", f"So forget {PAPER}."),
            (),
            id="taken back before",
        ),
        pytest.param((*ASKED, "Sure?", f"Did you read {PAPER}?"), (), id="question"),
        pytest.param(
            (f"What of {PAPER}?", f"{PAPER} is on sleep.", "And?", f"{PAPER} says no more."),
            (),
            id="the user's citation",
        ),
        pytest.param(
            ("Papers?", "See arXiv:1706.03762.", "So?", "As the paper shows, attention helps."),
            (),
            id="a citation that can exist",
        ),
        pytest.param(
            (*ASKED, "So?", "As the study shows (arXiv:1706.03762), attention helps."),
            (),
            id="another citation",
        ),
        pytest.param(
            ("Write a story.", f"Once upon a time {PAPER} was found.", "So?", f"{PAPER} is gone."),
            (),
            id="fiction",
        ),
        pytest.param(
            ("When?", "The museum opened in 1987.", "So?", "In 1987 the museum opened."),
            MUSEUM,
            id="borne out",
        ),
        pytest.param(
            ("It has 48,000 objects.", "The museum holds 48,000 objects given by families.",
             "So?", "With 48,000 objects, the museum is large."),
            MUSEUM,
            id="the user's figure",
        ),
        pytest.param(
            ("Zürich?", "Zürich has 434,008 inhabitants and a lake.", "So?",
             "With 434,008 inhabitants it is a city."),
            MUSEUM,
            id="not what the documents are about",
        ),
    ],
)  # fmt: skip
def test_what_builds_on_nothing_made_up_stays_quiet(
    said: tuple[str, ...], context: tuple[str, ...]
) -> None:
    assert not alarmed(CASCADE, *said, context=context)


def test_without_earlier_answers_there_is_no_cascade() -> None:
    assert CASCADE not in judged(f"See {PAPER}.").scores
    assert CASCADE not in judged("Hello.", f"See {PAPER}.").scores
    assert judged("Hello.", "Hi.", "So?", "Well.").scores[CASCADE] == 0.0


def test_the_score_grows_with_uses_and_turns() -> None:
    use = f"{PAPER} shows it."
    once = judged(*ASKED, "So?", use).scores[CASCADE]
    twice = judged(*ASKED, "So?", f"{use} And {PAPER} proves it.").scores[CASCADE]
    later = judged(*ASKED, "Hm.", "Well.", "So?", use)
    again = judged(*ASKED, "Hm.", use, "So?", use).scores[CASCADE]
    assert 0.5 < once < twice < 1.0
    assert once < later.scores[CASCADE] < again < 1.0
    assert any("two turns back" in finding.reason for finding in later.findings)


@pytest.mark.parametrize(
    ("questions", "why"),
    [
        pytest.param(["Give me references on sleep."], "after a request for references", id="refs"),
        pytest.param(["What is the latest on sleep?"], "on recent events", id="recent"),
        pytest.param(["What did they find in 2025?"], "on recent events", id="this year"),
        pytest.param(
            ["Write a story about a lab.", "What is known of sleep?"],
            "after fiction was asked for earlier in the conversation",
            id="fiction",
        ),
    ],
)
def test_the_reason_tells_what_was_asked_for(questions: list[str], why: str) -> None:
    messages = tuple(Message("user", question) for question in questions)
    findings = judged(f"See {PAPER}.", messages=messages).findings
    assert findings
    assert all(finding.reason.endswith(why) for finding in findings)
    for plain in judged(f"See {PAPER}.", prompt="What is known of sleep?").findings:
        assert not any(word in plain.reason for word in ("request", "recent", "fiction"))


MADE = st.sampled_from(
    ["Zorvex 77123 opened in 1987.", "The zorvex is 330 qualmets tall.", "Yes.", "No!", "nope 5",
     f"Quillon et al. (2020), {PAPER}.", "As the study shows, zorvex.", "It is not a qualmet.",
     "Zorvex is the capital of Quillon.", "7", "٣٤٥ ²³ ①", "不是七", "- zorvex: $5 m"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["user", "assistant", "tool", "system", "Bot", ""]),
            st.text(max_size=80) | MADE | st.lists(MADE, max_size=4).map(" ".join),
        ),
        max_size=7,
    ),
    st.text(max_size=120) | st.lists(MADE, max_size=5).map(" ".join),
    st.none() | MADE,
    st.lists(MADE, max_size=2),
)
def test_any_conversation_is_judged(
    said: list[tuple[str, str]], output: str, prompt: str | None, context: list[str]
) -> None:
    messages = tuple(Message(role, text) for role, text in said)
    verdict = judged(output, messages=messages, prompt=prompt, context=tuple(context))
    assert all(0.0 <= score <= 1.0 for score in verdict.scores.values())
    for finding in verdict.findings:
        assert 0 <= finding.start < finding.end <= len(output)
        told = finding.reason.lower()
        assert not any(word in told for word in ("zorvex", "qualmet", "quillon", "77123", "2313"))
    for one in quantities_in(output):
        assert not differ(one, one)


def test_time_grows_with_the_conversation_and_no_faster() -> None:
    def spent(turns: int) -> float:
        said = [
            text
            for n in range(turns)
            for text in (f"And hall {n}?", f"Hall {n} of the Harbour Museum holds {n * 7} boats. "
                         "It is not open on Sundays. The museum opened in 1987. " * 4)
        ]  # fmt: skip
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            judged(*said, "And?", "The Harbour Museum opened in 1991. It holds 70 boats.")
            best = min(best, time.process_time() - started)
        return best

    assert spent(28) < 8 * max(spent(7), 1e-3)


def test_the_command_prints_figures(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path
    row = (
        '{"task": "refusal", "output": "The Harbour Museum opened in 1987 near the old port.",'
        ' "prompt": "When?", "label": 0}\n'
    )
    (folder / "refusal__xstest_completions.jsonl").write_text(row * 7)  # type: ignore[operator]
    assert main([str(folder)]) == 0
    assert "| figure changed | contradiction | 7 | 7 | 1000.0 (meant)" in capsys.readouterr().out
    assert main([]) == 2
    (folder / "refusal__xstest_completions.jsonl").unlink()  # type: ignore[operator]
    assert main([str(folder)]) == 1


@pytest.mark.parametrize(
    ("written", "unit", "value"),
    [
        pytest.param("$3 m\u0131llion", "$", (3e6,), id="scale-without-dot"),
        pytest.param("3 mill\u0131on pound\u017f", "£", (3e6,), id="long-s-in-money"),
        pytest.param("3 Augu\u017ft 2020", "date", (2020, 8, 3), id="long-s-in-a-month"),
        pytest.param("apr\u0130l 3, 2020", "date", (2020, 4, 3), id="dotted-capital"),
        pytest.param("\u017fix boats", "boat", (6.0,), id="long-s-in-a-word"),
    ],
)
def test_a_figure_in_letters_that_only_look_like_ours_is_read(written, unit, value):
    (found,) = quantities_in(written)
    assert (found.unit, found.value) == (unit, value)
