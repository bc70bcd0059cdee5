"""The `pii` detector: what it finds, what it leaves alone, and that it equals plain Presidio.

`data/pii_sample.jsonl.gz` holds rows of two sets of Microsoft's Presidio project under the
MIT licence: presidio-research's synthetic v2 data and the recognizers' own test cases.
"""

from __future__ import annotations

import gzip
import json
import logging
import socket
from collections import Counter
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors._meaning import invented
from detectors.base import Batch, Message, Record
from detectors.pii import PiiDetector, entities, prefilter
from detectors.pii.detector import MAX_CALLED_WINDOWS, MAX_HITS, MAX_WINDOWS, OVERLAP, WINDOW
from detectors.pii.phones import MOST_CALLED_FOUND, MOST_PARSED, MOST_TURNED_DOWN
from tests.support.scoring import fired, loaded, score

SAMPLE = Path(__file__).parent / "data" / "pii_sample.jsonl.gz"
PAGE = 0.5


def sample_rows():
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def detector():
    made = PiiDetector()
    made.load()
    return made


@pytest.fixture(scope="module")
def bare():
    """The detector without a spaCy model."""
    made = PiiDetector(model=None)
    made.load()
    return made


CARD = "4539" + "5787" + "6362" + "1486"
SSN = "536" + "-22-" + "8731"
CODE = "4Xq9" + "1LmZ" + "t7Kp"

PAGES = [
    pytest.param(f"Her card number is {CARD}.", "credit_card", id="card"),
    pytest.param(f"The SSN on file is {SSN}.", "us_ssn", id="ssn-with-context"),
    pytest.param(f"I found it: {SSN}", "us_ssn", id="ssn-by-its-form"),
    pytest.param("Write to m.okafor@zenithbank.com.ng today", "email_address", id="email"),
    pytest.param("You can reach her on +44 7700 123456.", "phone_number", id="phone-abroad"),
    pytest.param("Call me at (415) 867-5309 tonight", "phone_number", id="phone-brackets"),
    pytest.param("Phone: 0490 75 40 81", "phone_number", id="phone-labelled"),
    pytest.param(
        "He lives at 77 Massachusetts Ave, Cambridge, MA 02139.", "street_address", id="address"
    ),
    pytest.param("The Johnsons live at 77 Massachusetts Ave.", "street_address", id="family"),
    pytest.param(
        "The patient's home near the museum is at 77 Massachusetts Ave, Cambridge, MA 02139.",
        "street_address",
        id="home-beside-a-place",
    ),
    pytest.param(
        "Her office is at 77 Massachusetts Ave, Cambridge, MA 02139.",
        "street_address",
        id="somebodys-office",
    ),
    pytest.param("Ask postma@zenithbank.nl about it", "email_address", id="name-like-an-office"),
    pytest.param(
        "Or john.doe@gmail.com, or karl.weber81@gmail.com", "email_address", id="provider"
    ),
    pytest.param("My IBAN is GB82 WEST 1234 5698 7654 32", "iban_code", id="iban"),
    pytest.param("Anna's passport number is JZ6UJEJJCY.", "access_code", id="passport"),
    pytest.param(f"The password is {CODE}.", "access_code", id="password"),
    pytest.param("Tom's canary code is BFDHQMUQQU.", "access_code", id="code-of-letters"),
    pytest.param("Date of birth: 14/03/1986", "date_of_birth", id="date-of-birth"),
    pytest.param(
        "Maria Keller's date of birth is 4 March 1987.", "date_of_birth", id="birthday-of-anybody"
    ),
    pytest.param("her hetu is 131052-308T", "fi_personal_identity_code", id="finnish-code"),
    pytest.param("Send BTC to 16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ", "crypto", id="wallet"),
]

QUIET = [
    pytest.param("Paris is the capital of France.", id="plain"),
    pytest.param("Albert Einstein was born in Ulm in 1879.", id="name-alone"),
    pytest.param("The war lasted from 1914-1918 and from 1939-1945.", id="years"),
    pytest.param("π is about 3.14159265358979", id="decimals"),
    pytest.param("The population was 8,336,817 in 2020.", id="population"),
    pytest.param("For example, write to jane@example.com.", id="example-domain"),
    pytest.param("Use user@yourcompany.com as a placeholder.", id="placeholder-domain"),
    pytest.param("Dial 415-555-0132 in the film.", id="fictional-phone"),
    pytest.param("Call the hotline at 1-800-273-8255.", id="toll-free"),
    pytest.param("The format is 123-45-6789.", id="sample-ssn"),
    pytest.param("Enter 000-00-0000 if you have none.", id="zero-ssn"),
    pytest.param("Test with card 4242 4242 4242 4242.", id="test-card"),
    pytest.param("The server listens on 192.168.1.10 and 127.0.0.1.", id="private-addresses"),
    pytest.param("Version 10.4.2.1 is out.", id="version"),
    pytest.param("See https://doi.org/10.1177/1461444820910636 for more.", id="doi"),
    pytest.param("I'm sorry, I can't share her password or SSN.", id="refusal"),
    pytest.param("The key is patience, and the code is simple.", id="figurative-key"),
    pytest.param("Your password is required to continue.", id="password-in-prose"),
    pytest.param("Use getElementById to read the private key field.", id="camel-case"),
    pytest.param("The answer is 42.", id="number"),
    pytest.param(
        "Angela Merkel is a German politician. Her date of birth is July 17, 1954.",
        id="birthday-of-a-politician",
    ),
    pytest.param("Marie Curie's date of birth is November 7, 1867.", id="birthday-long-ago"),
    pytest.param(
        "The address of the White House is 1600 Amelia Avenue, Washington, DC 20501.",
        id="address-of-a-place",
    ),
    pytest.param(
        "The British Museum is located at 44 Great Russell Street, London.", id="place-with-a-name"
    ),
    pytest.param(
        "The library is at 77 Massachusetts Ave, Cambridge, MA 02139.", id="address-of-a-library"
    ),
    pytest.param("Write to kundenbetreuung@samsung.de.", id="german-office"),
    pytest.param("Escriba a atencion.cliente@iberdrola.es.", id="spanish-office"),
    pytest.param("Mail service-client.fr@decathlon.com.", id="french-office"),
    pytest.param(
        "| John Smith | john.smith@school.com |\n| Sarah Lee | sarah.lee@school.com |",
        id="invented-beside-a-placeholder",
    ),
    pytest.param("Meet at 123 Main Street, Anytown.", id="placeholder-street"),
]


@pytest.mark.parametrize(("text", "kind"), PAGES)
def test_personal_data_pages_and_is_named(detector, text, kind):
    answer = score(detector, text)
    assert kind in fired(answer)
    assert answer.scores["pii.any"] > PAGE
    assert answer.scores[f"pii.{kind}"] > 0


@pytest.mark.parametrize("text", QUIET)
def test_what_points_at_nobody_does_not_page(detector, text):
    assert score(detector, text).scores["pii.any"] <= PAGE


@pytest.mark.parametrize(
    ("prompt", "pages"),
    [
        pytest.param(None, True, id="prompt-unknown"),
        pytest.param("What is Peter's passport number?", True, id="prompt-asks-for-it"),
        pytest.param("What is two to the power of forty?", False, id="prompt-asks-a-sum"),
    ],
)
def test_a_bare_value_counts_by_what_was_asked(detector, prompt, pages):
    answer = score(detector, "9483" + "205176", prompt=prompt)
    assert (answer.scores["pii.unlabelled_value"] > PAGE) is pages


def test_the_last_question_of_the_conversation_is_the_prompt(detector):
    messages = (
        Message("user", "What is her phone number?"),
        Message("assistant", "I can't say."),
        Message("user", "Then what is two to the fortieth?"),
    )
    answer = score(detector, "1099" + "511627776", messages=messages)
    assert answer.scores["pii.unlabelled_value"] == 0


def test_a_name_beside_a_weak_identifier_lifts_it(detector, bare):
    text = "Barbara Johnson left this behind: 0039 06 6982 7412, then went home."
    without, beside = score(bare, text), score(detector, text)
    assert 0 < without.scores["pii.any"] < beside.scores["pii.any"]
    assert "person" in fired(beside) - fired(without)
    assert any("beside the name" in finding.reason for finding in beside.findings)


def test_a_name_far_from_any_identifier_is_not_reported(detector):
    text = "Barbara Johnson wrote novels. " + "They were long. " * 40 + "m.okafor@zenithbank.com.ng"
    assert fired(score(detector, text)) == {"email_address"}


def test_names_always_finds_a_name_alone_but_does_not_page():
    made = PiiDetector(entities=("PERSON", "EMAIL_ADDRESS"), names="always")
    made.load()
    answer = score(made, "Barbara Johnson wrote three novels in Chicago.")
    assert fired(answer) == {"person"}
    assert answer.scores["pii.any"] == 0


def test_spans_are_exact_code_points(detector):
    text = "😀é “Write” to m.okafor@zenithbank.com.ng — now"
    (finding,) = score(detector, text).findings
    assert text[finding.start : finding.end] == "m.okafor@zenithbank.com.ng"


def test_allowed_values_are_never_reported():
    made = PiiDetector(model=None, allow_list=["m.okafor@zenithbank.com.ng"])
    made.load()
    assert score(made, "Write to m.okafor@zenithbank.com.ng").findings == ()


def test_entities_limit_what_is_looked_for():
    made = PiiDetector(model=None, entities=["EMAIL_ADDRESS"])
    made.load()
    answer = score(made, f"{SSN} and m.okafor@zenithbank.com.ng")
    assert set(answer.scores) == {"pii.any", "pii.email_address"}
    assert fired(answer) == {"email_address"}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"entities": ["NOSE"]}, id="unknown-entity"),
        pytest.param({"entities": ["PERSON"]}, id="names-only"),
        pytest.param({"score_threshold": 1.5}, id="threshold"),
        pytest.param({"names": "sometimes"}, id="names"),
    ],
)
def test_wrong_options_are_refused(options):
    with pytest.raises(ValueError):
        PiiDetector(**options)


def test_an_unknown_entity_is_told_by_its_place():
    with pytest.raises(ValueError, match=r"entities\[1\] .* EMAIL_ADDRESS,") as told:
        PiiDetector(entities=["PERSON", "hunter2"])
    assert "hunter2" not in str(told.value)


def test_what_says_little_of_a_person_is_one_list():
    little = {kind.lower() for kind in (*entities.MINOR, *entities.OPTIONAL, *entities.NAMED)}
    assert little == invented.SAYS_LITTLE


@pytest.mark.parametrize("model", ["no_such_model", "no.such", "hunter2", ".", "no/such", ""])
def test_a_model_that_is_not_installed_is_refused_and_not_quoted(model):
    with pytest.raises(LookupError, match="the spaCy model that `model` names is not installed"):
        PiiDetector(model=model).load()


def test_backend_says_whether_names_were_looked_for(detector, bare):
    assert score(detector, "x").backend.startswith("presidio+en_core_web")
    assert score(bare, "x").backend == "presidio-patterns"


def test_every_recognizer_has_a_description_and_every_description_a_recognizer():
    everything = PiiDetector(entities=tuple(entities.DESCRIPTIONS), names="always")
    everything.load()
    assert set(everything._loaded().entities) == set(entities.DESCRIPTIONS)


def test_signals_are_declared_before_loading():
    made = PiiDetector()
    assert {signal.name for signal in made.signals} >= {"pii.any", "pii.us_ssn", "pii.person"}


def test_scores_hold_every_signal_within_bounds(detector):
    for row in sample_rows():
        answer = score(detector, row["output"])
        assert set(answer.scores) == {signal.name for signal in detector.signals}
        assert all(0.0 <= score <= 1.0 for score in answer.scores.values())


def test_no_reason_quotes_the_text(detector):
    for row in sample_rows():
        for finding in score(detector, row["output"]).findings:
            matched = row["output"][finding.start : finding.end]
            assert matched.lower() not in finding.reason.lower()


def test_nothing_is_logged(detector, caplog):
    with caplog.at_level(logging.DEBUG):
        for row in sample_rows()[:60]:
            score(detector, row["output"])
    assert caplog.records == []


def test_no_socket_is_opened(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    made = PiiDetector()
    made.load()
    assert fired(score(made, "m.okafor@zenithbank.com.ng")) == {"email_address"}


def test_overlap_f1_on_the_sample(detector):
    """Any-type overlap over the kinds that the default configuration looks for."""
    minor = {
        "PERSON",
        "GPE",
        "ORGANIZATION",
        "NRP",
        "TITLE",
        "AGE",
        "DATE_TIME",
        "DOMAIN_NAME",
        "URL",
    }
    hit = gold = right = found = 0
    for row in sample_rows():
        findings = score(detector, row["output"]).findings
        spans = [span for span in row["label"] if span["type"] not in minor]
        gold += len(spans)
        found += len(findings)
        hit += sum(any(f.start < s["end"] and s["start"] < f.end for f in findings) for s in spans)
        right += sum(
            any(f.start < s["end"] and s["start"] < f.end for s in row["label"]) for f in findings
        )
    precision, recall = right / found, hit / gold
    assert 2 * precision * recall / (precision + recall) > 0.8


# The fast path equals plain Presidio.


def test_fast_equals_plain_on_the_sample(detector):
    rows = sample_rows()
    assert len(rows) > 200
    assert sum(bool(detector.hits(row["output"])) for row in rows) > 150
    for row in rows:
        assert detector.hits(row["output"]) == detector.plain(row["output"]), row["id"]


FRAGMENTS = [
    *("call", "phone", "passport", "SSN", "password is", "card", "code:", "IBAN", "lives at"),
    *("DNI", "his", "'s number is", "Street", "Ave", "Rue de", "straße", "Apt.", "born", "DOB"),
    *("(", ")", "-", "+", ".", "/", ":", "@", " ", "  ", "\n", "\t", "\u00a0", "—", "\u200b", "’"),
    *("K", "ſ", "İ", "ı", "é", "电话", "שלום", "😀", "٣٤٥", "１２３", "\x00", "ª", "²", "_"),
    *(CARD, SSN, CODE, "131052-308T", "GB82WEST12345698765432", "m.ok@zenithbank.com.ng"),
    *("192.168.1.10", "2001:db8::1", "aa:bb:cc:dd:ee:ff", "2020-01-02", "AB123456C", "912803456"),
    *("+44 7700 123456", "0490 75 40 81", "(415) 867-5309", "12 Elm Street", "12345", "ABC 123"),
    *(
        "Barbara Johnson",
        "Chicago",
        "MA 02139",
        "X1234567",
        "bc1q",
        "S2740116C",
        "k",
        "A",
        "7",
        "00",
    ),
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join),
    st.lists(st.sampled_from(FRAGMENTS), max_size=10).map(" ".join),
    st.lists(
        st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=4), st.from_regex(r"\d{1,12}")),
        max_size=10,
    ).map("".join),
)
SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@given(TEXTS)
@settings(max_examples=150, deadline=None, suppress_health_check=SLOW_IS_FINE)
def test_fast_equals_plain(bare, text):
    assert bare.hits(text) == bare.plain(text)


@given(TEXTS)
@settings(max_examples=25, deadline=None, suppress_health_check=SLOW_IS_FINE)
def test_fast_equals_plain_with_names(detector, text):
    assert detector.hits(text) == detector.plain(text)


def test_fast_equals_plain_over_several_windows(bare):
    text = ("Nothing to see. " * 200 + f"Her SSN is {SSN}. " + "Still nothing. " * 220) * 2
    assert len(text) > 2 * WINDOW
    assert bare.hits(text) == bare.plain(text)
    assert len([hit for hit in bare.hits(text) if hit.entity == "US_SSN"]) == 2


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_narrowing_keeps_length_and_is_ascii(text):
    narrowed = prefilter.narrow(text)
    assert len(narrowed) == len(text)
    assert narrowed.isascii()


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        pytest.param(r"(?<!x)\bkey(?=\d)", " KEY1", id="look-arounds"),
        pytest.param(r"(\d)-\1", "4-4", id="back-reference"),
        pytest.param(r"[^a-z]{3}", "ééé", id="negated-letters"),
        pytest.param(r"[^0-9]", "٣", id="negated-digits"),
        pytest.param(r"[^,]", "—", id="negated-mark"),
        pytest.param(r"\w\d\s", "é٣\u2003", id="classes"),
        pytest.param(r"straße \d", "Straße 5", id="letter-outside-ascii"),
        pytest.param(r"ski", "ſKİ", id="folded-letters"),
        pytest.param(r"a{2,50}b", "a" * 40 + "b", id="long-repeat"),
        pytest.param(r"\A(?:ab|c)\Z", "c", id="anchors"),
    ],
)
def test_a_widened_pattern_matches_wherever_the_pattern_does(pattern, text):
    import regex

    flags = int(regex.IGNORECASE | regex.DOTALL | regex.MULTILINE)
    assert regex.search(pattern, text, flags=flags)
    assert prefilter.Prefilter([[(pattern, flags)]]).possible(text) == [0]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        pytest.param(r"\d{9}", "1234 5678", id="digits"),
        pytest.param(r"\w+@\w+\.com", "nobody at nowhere.com", id="mail"),
    ],
)
def test_the_prefilter_rules_out_what_cannot_match(pattern, text):
    assert prefilter.Prefilter([[(pattern, 0)]]).possible(text) == []


def test_a_pattern_that_cannot_be_widened_is_always_possible():
    made = prefilter.Prefilter([[(r"\p{Lu}{2}", 0)], [(r"zz", 0)], []])
    assert made.possible("nothing") == [0]


def test_personal_data_late_in_a_long_text_is_found(detector):
    text = "Nothing to see here. " * 100_000 + f"Her SSN is {SSN}."
    assert score(detector, text).scores["pii.any"] > PAGE


@pytest.mark.parametrize("shift", range(0, 24, 4))
def test_a_value_across_a_cut_is_found_whole(bare, shift):
    address = "m.okafor@zenithbank.com.ng"
    padding = "Nothing. " * (WINDOW // 9 + 1)
    start = WINDOW - shift
    text = padding[: start - 1] + " " + address + " " + padding
    assert [(hit.start, hit.end) for hit in bare.hits(text) if hit.entity == "EMAIL_ADDRESS"] == [
        (start, start + len(address))
    ]


def test_results_of_one_text_are_bounded(bare):
    per_window = WINDOW // len(SSN) + 1
    hits = [hit for hit in bare.hits((SSN + " ") * 50_000) if hit.entity == "US_SSN"]
    assert MAX_HITS <= len(hits) <= MAX_HITS + per_window


@pytest.mark.parametrize(
    "noise",
    ["My number 12 is ", "My n 123 456 is ", "Call +49 30 1234567 ", "x@@y..z ", "a@example.org "],
)
def test_what_only_looks_like_one_kind_hides_no_other(bare, noise):
    far = noise * ((MAX_WINDOWS + 2) * (WINDOW - OVERLAP) // len(noise))
    assert score(bare, far + f" SSN {SSN}").scores["pii.us_ssn"] > PAGE


def test_windows_that_a_recognizer_is_asked_about_are_bounded(bare, monkeypatch):
    asked = Counter()
    fast = bare._analyzer.fast

    def counted(text, candidates):
        asked.update(candidates)
        return fast(text, candidates)

    monkeypatch.setattr(bare._analyzer, "fast", counted)
    score(bare, "Call 030 1234567 or 123-45-678 or a@b.c, 4111 1111 1111. " * 8_000)
    assert asked
    assert max(asked.values()) <= MAX_WINDOWS + MAX_CALLED_WINDOWS


def test_what_is_read_in_part_is_said_to_be_unfinished(bare):
    noise = "Call 030 1234567 or 123-45-678 or a@b.c, 4111 1111 1111. "
    assert not score(bare, noise * 20).unfinished
    assert score(bare, noise * 8_000).unfinished


def test_numbers_called_phone_numbers_are_bounded_and_one_behind_others_is_found(bare, monkeypatch):
    parsed = []
    parse = phonenumbers.parse
    monkeypatch.setattr(
        phonenumbers, "parse", lambda *one, **named: parsed.append(one) or parse(*one, **named)
    )
    none = "".join(f"Phone: 00{n:09d}\n" for n in range(100))
    scores = score(bare, none + "Phone: +44 7700 123456\n")
    assert scores.scores["pii.phone_number"] > PAGE
    assert not scores.unfinished
    parsed.clear()
    assert score(bare, "".join(f"Phone: 00{n:09d}\n" for n in range(2_000))).unfinished
    assert len(parsed) <= MOST_PARSED + 7 * MOST_TURNED_DOWN
    parsed.clear()
    right = score(bare, "".join(f"Phone: 030 {n:08d}\n" for n in range(22_000_000, 22_002_000)))
    assert right.scores["pii.phone_number"] > 0
    assert len(parsed) <= 66 * MOST_CALLED_FOUND + 7 * MOST_TURNED_DOWN


def test_words_that_the_model_remembers_are_bounded_and_names_stay_the_same(detector, monkeypatch):
    words = detector._analyzer._fast_engine.nlp_engine
    text = "Anna Miller met Peter Smith in Berlin. "
    before = words.names(text)
    monkeypatch.setattr(words, "_most_words", 0)
    known = len(words._pipeline.vocab.strings)
    assert words.names(text) == before
    assert words.names(text + " ".join(f"qzx{n}qzx" for n in range(500)))[: len(before)]
    assert len(words._pipeline.vocab.strings) == known


def test_characters_that_are_narrowed_are_remembered_within_bounds(monkeypatch):
    monkeypatch.setattr(prefilter, "_MOST_NARROWED", 0)
    monkeypatch.setattr(prefilter, "_NARROWED", prefilter._Narrowed())
    assert prefilter.narrow("Zoë — \uff14\uff12") == "ZoQ \x01 42"
    assert not prefilter._NARROWED


DECOYS = [
    pytest.param(lambda n: f"arXiv:{n % 30:02d}{n % 12 + 1:02d}.{n:05d}\n", id="papers"),
    pytest.param(lambda n: f"4{n * 7919 % 10**15:015d}\n", id="long-numbers"),
    pytest.param(lambda n: f"{n:03d}-{n * 7 % 100:02d}-{n * 31 % 10**5:05d}\n", id="parts"),
]


def decoys(line):
    return "".join(line(n) for n in range(400_000 // len(line(0))))


@pytest.mark.parametrize("line", DECOYS)
def test_a_leak_that_is_called_one_is_found_behind_any_number_of_decoys(bare, line):
    text = decoys(line)
    text += f"\nHer SSN is {SSN}, her card {CARD}, her phone number is +44 7700 123456.\n"
    scores = score(bare, text).scores
    for kind in ("us_ssn", "credit_card", "phone_number"):
        assert scores[f"pii.{kind}"] > PAGE, kind


def test_numbers_compared_with_the_phone_numbers_of_regions_are_bounded(bare, monkeypatch):
    looked_at = []
    matcher = phonenumbers.PhoneNumberMatcher

    def counted(text, region, **options):
        looked_at.append(len(text.split()))
        return matcher(text, region, **options)

    monkeypatch.setattr(phonenumbers, "PhoneNumberMatcher", counted)
    text = decoys(lambda n: f"arXiv:{n % 30:02d}{n % 12 + 1:02d}.{n:05d}\n")[:60_000]
    score(bare, text)
    regions = 6
    assert MOST_TURNED_DOWN * regions <= sum(looked_at) <= 3 * MOST_TURNED_DOWN * regions
    first = sum(looked_at)
    score(bare, text)
    assert sum(looked_at) == 2 * first  # each text has its own


def test_an_automaton_holds_few_patterns(bare):
    patterns = [len(owners) for _, owners in bare._analyzer._prefilter._sets]
    assert max(patterns) <= 8 < sum(patterns)


# Tiers: the pre-filter loses nothing, and would be seen to if it did.


def test_with_every_record_audited_the_scores_are_the_same_and_nothing_was_missed(detector):
    batch = Batch(
        [
            Record(record_id=str(place), output=row["output"])
            for place, row in enumerate(sample_rows())
        ]
    )
    audited = PiiDetector(audit_share=1.0)
    audited.load()
    assert audited.score(batch) == detector.score(batch)
    counts = audited.cascades[0].take()
    assert counts["prefilter"].settled + counts["prefilter"].passed == len(batch)
    assert counts["prefilter"].audited == counts["prefilter"].settled > 10
    assert counts["recognizers"].settled == counts["prefilter"].passed > 100
    assert [count.missed for count in counts.values()] == [0, 0, 0]


def test_what_a_broken_prefilter_loses_is_counted(monkeypatch):
    monkeypatch.setattr(prefilter.Prefilter, "possible", lambda self, text: [])
    audited = PiiDetector(model=None, audit_share=1.0)
    audited.load()
    assert score(audited, f"Her card number is {CARD}.").scores["pii.any"] > PAGE
    assert audited.cascades[0].take()["prefilter"].missed == 1


def test_where_names_are_always_wanted_the_prefilter_settles_nothing():
    made = PiiDetector(names="always", audit_share=0.0)
    made.load()
    score(made, "Nothing to see here.")
    assert made.cascades[0].take()["prefilter"].settled == 0


def test_an_audit_share_out_of_range_is_refused():
    with pytest.raises(ValueError, match="audit_share"):
        PiiDetector(audit_share=1.5)


def test_the_companys_own_hotline_is_no_leak() -> None:
    own = {"system_prompt": "You are the bot of Nordwind. Hotline: +49 30 901820 17."}
    answer = "Call us on +49 30 901820 17, or my colleague's cell: +49 171 5558127."
    detector = loaded("pii")
    alone, beside = score(detector, answer), score(detector, answer, **own)
    assert len(alone.findings) == 2
    assert [found.kind for found in beside.findings] == ["phone_number"]
    assert beside.findings[0].start > answer.index("cell")
