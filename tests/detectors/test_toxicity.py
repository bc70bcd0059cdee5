import hashlib
import json
import logging
import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import Batch, Record, create
from detectors._linear.hashing import analyse, join_letters, windows
from detectors._linear.lexicon import Lexicon
from detectors._linear.model_file import BrokenModel
from detectors._linear.windows import LinearModel, Weights, load, save, span_of
from detectors._text.folding import chunk_spans, chunks, fold
from detectors.toxicity import ToxicityDetector
from detectors.toxicity.detector import _MODEL_FILE as MODEL_FILE
from detectors.toxicity.detoxify import FILES, NoDetoxify, find_weights, load_detoxify
from tests.support.odd_texts import ODD
from tests.support.scoring import fired
from tests.support.tiny_detoxify import make_checkpoint


@pytest.fixture(scope="module")
def linear():
    detector = ToxicityDetector(backend="linear")
    detector.load()
    return detector


def score(detector, *texts):
    return detector.score(Batch([Record(record_id="1", output=text) for text in texts]))


FIRES = {
    "insult-plain": ("You are a pathetic idiot.", "insult"),
    "insult-worthless": ("You worthless piece of garbage, you disgust me.", "insult"),
    "insult-leet": ("You are such a pathetic 1d10t.", "insult"),
    "insult-stretched": ("You're a stuuuupid moroooon!", "insult"),
    "insult-zero-width": ("You are an id\u200biot and a mo\u200dron.", "insult"),
    "insult-homoglyphs": ("You are a pathetic m\u043er\u043en.", "insult"),
    "insult-spelled-out": ("You are a pathetic m o r o n", "insult"),
    "insult-caps": ("SHUT UP YOU STUPID LOSER", "insult"),
    "threat-kill": ("I will find you and I will kill you.", "threat"),
    "threat-family": ("I'm going to murder you and your whole family.", "threat"),
    "identity-animals": ("All immigrants are filthy animals, get them out.", "identity_attack"),
    "identity-disease": ("Muslims are a disease and we hate them.", "identity_attack"),
    "identity-women": ("Women are inferior and I hate them all.", "identity_attack"),
    "obscene": ("What the fuck is this shit?", "obscene"),
    "toxicity-chinese": ("黑人都是垃圾，滚回非洲去。", "toxicity"),
}

QUIET = {
    "greeting": "Hello! How can I help you today?",
    "kill-process": "Use `kill -9 <pid>` to kill the process if it does not terminate.",
    "kill-switch": "The child was killed by the kernel because the host ran out of memory.",
    "fiction": "The detective raised his gun. Behind the door, the killer held his breath.",
    "quotation": "Orwell's novel describes how hatred is stirred up against an invented enemy.",
    "counter-speech": "Hatred against any religion is wrong, and everyone deserves respect.",
    "medical": "A biopsy of the breast or the testicle is done under local anaesthesia.",
    "sex-education": "Condoms reduce the risk of sexually transmitted infections.",
    "news": "Three people died in the attack on Monday, and the police arrested a suspect.",
    "history": "The plague killed a third of the population of Europe.",
    "all-caps": "THANK YOU SO MUCH FOR YOUR HELP! THIS IS EXACTLY WHAT I NEEDED!",
    "idiom": "That joke killed me, I nearly died laughing.",
    "cooking": "Beat the eggs, then crush the garlic and chop the onion.",
    "gaming": "Shoot the boss twice, dodge the fire and loot the chest.",
    "identity-neutral": "My neighbours are Muslims and they run the bakery on the corner.",
    "refusal": "I'm sorry, but I can't help with that request.",
    "german": "Guten Tag, wie kann ich Ihnen bei Ihrer Bestellung helfen?",
    "french": "La recette demande trois œufs, de la farine et un peu de beurre.",
    "spanish": "El tren sale a las ocho de la mañana desde la estación central.",
    "chinese": "今天天气很好，我们一起去公园散步吧。",
    "arabic": "مرحبا، كيف يمكنني مساعدتك اليوم؟",
    "code": "def add(a, b):\n    return a + b\n",
    "emoji": "Great work! 🎉😀👍",
}


@pytest.mark.parametrize(("text", "kind"), FIRES.values(), ids=FIRES)
def test_fires_on_abuse(linear, text, kind):
    assert kind in fired(score(linear, text)[0])


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET)
def test_stays_quiet_on_what_is_harmless(linear, text):
    assert not fired(score(linear, text)[0])


ORDINARY = (
    "The water cycle describes how water moves above, on and below the surface of the planet. "
    "Heat from the sun turns water into vapour, which rises, cools and forms clouds. "
    "Rain and snow bring it back, and rivers carry it to the sea again.\n\n"
)


@pytest.mark.parametrize("before", [0, 1, 20, 500])
def test_a_long_answer_hides_no_insult(linear, before):
    insult = "You are a worthless, stupid idiot and a pathetic loser."
    text = ORDINARY * before + insult + "\n\n" + ORDINARY * before
    scores = score(linear, text)[0]
    assert "insult" in fired(scores)
    finding = next(finding for finding in scores.findings if finding.kind == "insult")
    start = text.index(insult)
    assert finding.start <= start < finding.end
    assert finding.end - finding.start < len(insult) + len(ORDINARY)


def test_length_alone_raises_no_score(linear):
    once, often = (
        scores.scores["toxicity.toxicity"] for scores in score(linear, ORDINARY, ORDINARY * 200)
    )
    assert often <= once + 0.05


def test_every_spelling_of_a_word_scores_alike(linear):
    plain, *others = (
        scores.scores["toxicity.insult"]
        for scores in score(
            linear,
            "You are a pathetic moron.",
            "You are a pathetic m0ron.",
            "You are a pathetic mоrоn.",
            "You are a pathetic ｍｏｒｏｎ.",
            "You are a pathetic mo\u00adron.",
            "You are a pathetic m.o.r.o.n.",
        )
    )
    assert others == pytest.approx([plain] * len(others), abs=0.02)


@pytest.mark.parametrize("name", ["ten million letters", "no sentence end", "line ends"])
def test_memory_stays_bounded(linear, name):
    tracemalloc.start()
    try:
        score(linear, ODD[name])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100_000_000


@pytest.mark.parametrize("text", ["", " \n\t ", "... --- !!!"], ids=["empty", "spaces", "marks"])
def test_a_text_without_a_word_scores_zero(linear, text):
    assert set(score(linear, text)[0].scores.values()) == {0.0}


@given(st.lists(st.text(max_size=200), max_size=6))
@settings(deadline=None, max_examples=50)
def test_a_score_does_not_depend_on_the_batch(linear, texts):
    together = linear._linear.judge(texts)
    fresh = LinearModel(load(MODEL_FILE), Lexicon())
    for text, judged in zip(texts, together, strict=True):
        alone = fresh.judge([text])[0]
        assert alone.probabilities == pytest.approx(judged.probabilities, abs=1e-4)
        for window in judged.worst:
            start, end = span_of(text, window)
            assert 0 <= start <= end <= len(text)


def _random_weights():
    rng = np.random.default_rng(7)
    table = rng.normal(size=(1 << 19, 2)).astype(np.float16).astype(np.float32)
    one, zero = np.ones(2, np.float32), np.zeros(2, np.float32)
    return Weights(("toxicity", "insult"), table, zero, one, zero)


def test_what_is_forgotten_is_worked_out_again():
    model = LinearModel(_random_weights())
    first = model.judge(["you are here"])[0].probabilities
    flood = " ".join(f"x{index}" for index in range(70_000))
    model.judge([flood])
    assert model.judge(["you are here"])[0].probabilities == pytest.approx(first)


def test_the_middle_of_a_huge_text_is_left_out_and_the_reason_says_so(linear):
    insult = "You are a worthless, stupid idiot and a pathetic loser.\n"
    filler = ORDINARY * 4000
    scores = score(linear, filler + insult + filler, filler + filler + insult)
    assert not fired(scores[0])
    assert "insult" in fired(scores[1])
    assert all("both ends" in finding.reason for finding in scores[1].findings)


@given(st.text(max_size=300))
def test_spans_of_chunks_are_where_the_chunks_are(text):
    assert [text[start:end] for start, end in chunk_spans(text)] == chunks(text)


@given(st.text(max_size=100))
def test_folding_and_analysis_take_any_text(text):
    fold(text)
    assert analyse(text).words >= 0


@given(
    st.lists(st.tuples(st.booleans(), st.integers(min_value=0, max_value=3)), max_size=300),
)
def test_windows_cover_every_word_in_bounded_pieces(marks):
    ends = np.array([end for end, _ in marks], np.bool_)
    words = np.array([count for _, count in marks], np.int64)
    spans = windows(ends, words)
    covered = {place for first, last in spans for place in range(first, last)}
    assert {place for place, count in enumerate(words) if count} <= covered
    assert all(last - first <= 32 for first, last in spans)


JOINS = {
    "run": (["f", "o", "o", "bar"], ["", "", "foo", "bar"]),
    "too-short": (["a", "b", "word"], ["a", "b", "word"]),
    "at-end": (["so", "b", "a", "d"], ["so", "", "", "bad"]),
}


@pytest.mark.parametrize(("pieces", "joined"), JOINS.values(), ids=JOINS)
def test_letters_apart_are_joined(pieces, joined):
    assert join_letters(pieces, [len(piece) == 1 for piece in pieces]) == joined


def test_findings_and_reasons_quote_nothing(linear):
    scores = score(linear, "You are a zebraic idiot, you stupid moron.")[0]
    assert scores.findings
    for finding in scores.findings:
        assert not {"zebraic", "idiot", "stupid", "moron"} & set(finding.reason.lower().split())


def test_signals_are_the_backends_own(linear):
    scores = score(linear, "Hello.")[0]
    assert scores.backend == "linear"
    assert set(scores.scores) == {
        signal.name for signal in linear.signals if signal.name != "toxicity.severe_toxicity"
    }


def test_weights_survive_a_file_and_give_the_same_bytes(tmp_path):
    weights = _random_weights()
    path = tmp_path / "model.npz"
    digest = save(weights, path)
    path.with_name("model.npz.sha256").write_text(f"{digest}  model.npz\n")
    assert save(weights, tmp_path / "again.npz") == digest
    again = load(path)
    assert again.heads == weights.heads
    assert np.array_equal(again.table, weights.table)


@pytest.mark.parametrize("damage", ["changed", "missing", "unsigned", "not-a-model"])
def test_a_damaged_model_is_refused(tmp_path, damage):
    path = tmp_path / "model.npz"
    digest = save(_random_weights(), path)
    checksum = path.with_name("model.npz.sha256")
    checksum.write_text(f"{digest}  model.npz\n")
    if damage == "changed":
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    elif damage == "missing":
        path.unlink()
    elif damage == "unsigned":
        checksum.write_text("")
    else:
        path.write_bytes(b"nothing of use")
        checksum.write_text(hashlib.sha256(b"nothing of use").hexdigest())
    with pytest.raises(BrokenModel):
        load(path)


OPTIONS = {
    "backend": {"backend": "magic"},
    "model": {"model": "huge"},
    "sha256": {"sha256": "abc"},
    "threads": {"threads": 0},
    "batch_size": {"batch_size": 0},
    "max_windows": {"max_windows": 0},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_senseless_options_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        create("toxicity", options)


def test_auto_falls_back_and_says_why(tmp_path, caplog):
    detector = ToxicityDetector(checkpoint=str(tmp_path / "none.ckpt"))
    with caplog.at_level(logging.WARNING):
        detector.load()
    assert detector.backend == "linear+meaning+encoder"
    assert "instead of Detoxify" in detector.backend_reason
    assert "falls back" in caplog.text
    assert score(detector, "Hello.")[0].backend == "linear"


def test_detoxify_asked_for_and_absent_is_an_error(tmp_path):
    with pytest.raises(NoDetoxify):
        ToxicityDetector(backend="detoxify", checkpoint=str(tmp_path / "none.ckpt")).load()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A tiny Detoxify checkpoint with random weights, and the folder of its configuration."""
    return make_checkpoint(tmp_path_factory.mktemp("detoxify"))


def tiny(checkpoint, **options):
    options = {"backend": "detoxify", "checkpoint": str(checkpoint), **options}
    detector = ToxicityDetector(config_path=str(checkpoint.parent), **options)
    detector.load()
    return detector


@pytest.mark.needs("detoxify")
def test_detoxify_answers_like_its_own_predict(checkpoint):
    from detoxify import Detoxify

    texts = ["you are bad", "hello there you", "a"]
    expected = Detoxify(
        checkpoint=str(checkpoint), huggingface_config_path=str(checkpoint.parent)
    ).predict(texts)
    answers = score(tiny(checkpoint), *texts)
    for row, answer in enumerate(answers):
        assert answer.backend == "detoxify-local"
        assert answer.scores == pytest.approx(
            {f"toxicity.{name}": values[row] for name, values in expected.items()}, abs=1e-4
        )


@pytest.mark.needs("detoxify")
def test_one_text_alone_scores_as_in_a_batch(checkpoint):
    detector = tiny(checkpoint, batch_size=2)
    texts = ["you are bad", "b", "hello you there", "you " * 60, ""]
    together = score(detector, *texts)
    for text, answer in zip(texts, together, strict=True):
        assert score(detector, text)[0].scores == pytest.approx(answer.scores, abs=1e-4)
    assert set(together[-1].scores.values()) == {0.0}


@pytest.mark.needs("detoxify")
def test_long_texts_are_judged_by_their_worst_window(checkpoint):
    encoder = load_detoxify(
        "original", checkpoint=str(checkpoint), config_path=str(checkpoint.parent), max_windows=50
    )
    text = "you are " * 40 + "bad bad bad bad " * 3 + "you are " * 40
    verdict = encoder.judge([text])[0]
    assert verdict.windows == verdict.judged > 3
    for name, span in verdict.spans.items():
        window = encoder.judge([text[slice(*span)]])[0]
        assert window.probabilities[name] == pytest.approx(verdict.probabilities[name], abs=1e-4)
        assert len(encoder._detoxify.tokenizer(text[slice(*span)])["input_ids"]) <= 40


@pytest.mark.needs("detoxify")
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_detoxify_takes_any_text_and_a_bounded_number_of_windows(checkpoint, text):
    encoder = load_detoxify(
        "original", checkpoint=str(checkpoint), config_path=str(checkpoint.parent), max_windows=3
    )
    verdict = encoder.judge([text])[0]
    assert verdict.judged <= 3
    assert all(0.0 <= value <= 1.0 for value in verdict.probabilities.values())


@pytest.mark.needs("detoxify")
def test_detoxify_findings_name_what_was_left_out(checkpoint):
    detector = tiny(checkpoint, max_windows=2)
    findings = score(detector, "you are bad " * 500)[0].findings
    assert findings
    assert all("2 windows of this long text" in finding.reason for finding in findings)


@pytest.mark.needs("detoxify")
def test_only_the_configured_weights_are_loaded(checkpoint):
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert tiny(checkpoint, sha256=digest.upper()).backend == "detoxify-local"
    with pytest.raises(NoDetoxify, match="SHA-256"):
        tiny(checkpoint, sha256="0" * 64)
    fallen = tiny(checkpoint, sha256="0" * 64, backend="auto")
    assert fallen.backend == "linear+meaning+encoder"
    assert "SHA-256" in fallen.backend_reason


@pytest.mark.needs("detoxify")
def test_weights_in_torchs_cache_are_found_and_named(checkpoint, tmp_path, monkeypatch):
    cache = tmp_path / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    (cache / FILES["unbiased"]).write_bytes(checkpoint.read_bytes())
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    detector = ToxicityDetector(model="unbiased", config_path=str(checkpoint.parent))
    detector.load()
    assert detector.backend == "detoxify-unbiased"
    with pytest.raises(NoDetoxify, match="original"):
        find_weights("original", None, allow_download=False)


@pytest.mark.needs("detoxify")
def test_loading_leaves_the_environment_as_it_was(checkpoint, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)
    before, offline = dict(os.environ), constants.HF_HUB_OFFLINE
    tiny(checkpoint)
    assert offline == constants.HF_HUB_OFFLINE
    assert {name: os.environ.get(name) for name in before} == before
    assert "TRANSFORMERS_OFFLINE" not in os.environ


@pytest.mark.needs("detoxify")
def test_a_file_that_is_no_checkpoint_is_named_as_such(checkpoint, tmp_path):
    (tmp_path / "broken.ckpt").write_text(json.dumps({}))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(NoDetoxify, match="could not be loaded"):
        tiny(tmp_path / "broken.ckpt")


def published(checkpoint, folder):
    """A checkpoint as Detoxify publishes it: it names its model as the hub does."""
    import torch

    loaded = torch.load(checkpoint, weights_only=False)
    loaded["config"]["arch"]["args"]["model_type"] = "bert-base-uncased"
    # Written by an older transformers, which kept this with the weights.
    loaded["state_dict"]["bert.embeddings.position_ids"] = torch.arange(40)[None]
    torch.save(loaded, folder / "published.ckpt")
    return folder / "published.ckpt"


@pytest.mark.needs("detoxify")
def test_a_published_checkpoint_is_loaded_with_a_folder_and_without_the_hub(checkpoint, tmp_path):
    weights = published(checkpoint, tmp_path)
    for name in ("config.json", "vocab.txt", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((checkpoint.parent / name).read_bytes())
    # As the folder of the base model has it, which knows nothing of Detoxify's classes.
    config = json.loads((tmp_path / "config.json").read_text())
    del config["id2label"], config["label2id"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    text = "you are bad"
    assert score(tiny(weights), text)[0].scores == pytest.approx(
        score(tiny(checkpoint), text)[0].scores, abs=1e-6
    )
    with pytest.raises(NoDetoxify, match="config_path"):
        ToxicityDetector(backend="detoxify", checkpoint=str(weights)).load()


@pytest.mark.needs("detoxify")
def test_a_folder_without_a_vocabulary_is_refused(checkpoint, tmp_path):
    weights = published(checkpoint, tmp_path)
    (tmp_path / "config.json").write_bytes((checkpoint.parent / "config.json").read_bytes())
    with pytest.raises(NoDetoxify, match="tokenizer knows too few words"):
        tiny(weights)
    with pytest.raises(NoDetoxify, match="not a folder"):
        load_detoxify("original", checkpoint=str(weights), config_path=str(tmp_path / "vocab.txt"))
