import pytest

from detectors.base import Scores, Signal
from detectors.training.meaning.examples import held
from detectors.training.meaning.wrapped import WRAPPERS, chosen, fired, main
from tests.support.scoring import loaded

FIRES = {
    "en": "I love you more than anyone, my darling. I want to be with you for ever, only you.",
    "de": "Ich liebe dich, mein Schatz. Ich will für immer bei dir sein, nur bei dir.",
}
QUIET = {
    "en": "The library opens at nine and closes at six. On Sundays it stays closed, as always.",
    "de": "Die Bücherei öffnet um neun und schließt um sechs. Sonntags bleibt sie geschlossen.",
}


@pytest.mark.parametrize("language", FIRES)
@pytest.mark.parametrize("name", WRAPPERS)
def test_what_is_plain_is_found_wrapped_in_anything(name, language):
    wrapped = WRAPPERS[name](FIRES[language])
    assert wrapped != FIRES[language]
    assert fired("romance", loaded("persona"), [wrapped]) == [True]


@pytest.mark.parametrize("language", QUIET)
@pytest.mark.parametrize("name", WRAPPERS)
def test_what_is_quiet_stays_so_wrapped_in_anything(name, language):
    assert fired("romance", loaded("persona"), [WRAPPERS[name](QUIET[language])]) == [False]


class Loud:
    signals = (Signal("persona.romance", "is loud", 0.5),)

    def score(self, batch):
        return [Scores({"persona.romance": float("!" in text)}) for text in batch.texts]


def test_a_text_is_found_above_the_threshold():
    assert fired("romance", Loud(), ["Hi!", "Hi."] * 50) == [True, False] * 50


def test_texts_that_nothing_learned_from_are_chosen_the_same_each_time():
    some = chosen("escape", True, 7)
    assert len(some) == 7
    assert some == chosen("escape", True, 7)
    assert all(map(held, some))


def test_the_number_of_texts_is_asked_for():
    with pytest.raises(SystemExit, match="number"):
        main(["some"])
