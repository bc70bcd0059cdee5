from detectors.training.meaning.examples import examples
from detectors.training.meaning.pairs import FOLDS, Pair, fold


def pair(request, group):
    return Pair(request, "Yes.", group, group)


def test_an_author_is_held_out_whole_and_english_authors_apart():
    work = {fold(pair(f"question {n}", "refusal:en-work")) for n in range(20)}
    home = {fold(pair(f"question {n}", "refusal:en-everyday")) for n in range(20)}
    assert len(work) == len(home) == 1
    assert work != home
    assert fold(pair("x", "compliance:en-work")) in work


def test_both_answers_to_a_request_are_on_one_side():
    sides = {}
    for one in examples():
        if one.signal in ("compliance", "refusal"):
            group = f"{one.signal}:{one.source}"
            side = fold(pair(one.request, group))
            assert side == sides.setdefault((one.source, one.request), side)
            assert 0 <= side < FOLDS
