import pytest

from detectors._meaning.encoder import LANGUAGES
from detectors.training.meaning.examples import PAIRS, SENTENCES, examples
from detectors.training.meaning.ordinary import cut


def written(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_line_is_an_example(tmp_path):
    written(tmp_path, "romance/fires/de-home.txt", "Ich denke an dich.\n")
    written(tmp_path, "refusal/quiet/en-work.txt", "May I park here?\tYes, until six.\n")
    refusal, romance = examples(tmp_path)
    assert (refusal.signal, refusal.request, refusal.fires) == (
        "refusal",
        "May I park here?",
        False,
    )
    assert (romance.text, romance.language, romance.fires) == ("Ich denke an dich.", "de", True)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("love/fires/en-home.txt", "x", "must be <signal>"),
        ("romance/maybe/en-home.txt", "x", "must be <signal>"),
        ("romance/en-home.txt", "x", "must be <signal>"),
        ("romance/fires/en-home.txt", "one\n\ntwo", "line 2: must be a text without tabs"),
        ("romance/fires/en-home.txt", "one\ttwo", "line 1: must be a text without tabs"),
        ("refusal/fires/en-home.txt", "only an answer", "line 1: must be request, tab, answer"),
    ],
)
def test_a_file_or_line_out_of_place_is_told(tmp_path, name, text, told):
    written(tmp_path, name, text)
    with pytest.raises(ValueError, match=told):
        examples(tmp_path)


def test_every_signal_has_both_kinds_and_every_language_occurs():
    found = examples()
    kinds = {(one.signal, one.fires) for one in found}
    assert kinds == {(signal, fires) for signal in SENTENCES + PAIRS for fires in (True, False)}
    assert {one.language for one in found} == set(LANGUAGES)


def test_no_text_is_said_to_fire_and_not_to():
    found = examples()
    firing = {(one.signal, one.request, one.text) for one in found if one.fires}
    assert not firing & {(one.signal, one.request, one.text) for one in found if not one.fires}


def test_texts_are_cut_as_records_are():
    assert cut('He said "go away now" twice. Then he left.') == [
        "He said               twice. Then he left."
    ]
