import pytest

from detectors import Batch, Record, create
from detectors._meaning.exemplars import MOST, entries, is_quiet, logit_near
from detectors._policy import PolicyError

GOOD = b"""
- signal: persona.romance
  deployments: [companion]
  fires:
    - The lamp in my window burns for you.
- signal: placement.brand
  quiet: [Our own tea is the best.]
"""


def test_entries_are_read():
    first, second = entries(GOOD)
    assert first.signal == "persona.romance"
    assert first.fires == ("The lamp in my window burns for you.",)
    assert first.deployments == {"companion"}
    assert second.quiet == ("Our own tea is the best.",)
    assert not second.deployments


def test_json_lines_are_read_too():
    (one,) = entries(b'{"signal": "threat.user", "fires": ["Mind your step."]}\n\n')
    assert one.signal == "threat.user"


def test_an_empty_file_holds_none():
    assert entries(b"") == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"signal: x", "line 1: must be a list"),
        (b"- signal: persona.love\n  fires: [secret words]", "line 1: signal must be one of"),
        (GOOD + b"- {signal: threat.user}", "line 8: an entry needs texts"),
        (GOOD + b"- signal: threat.user\n  fires: secret words", "line 8: fires must be a list"),
        (GOOD + b"- signal: threat.user\n  fires: ['']", "line 8: fires must be a list"),
        (GOOD + b"- signal: threat.user\n  firs: [secret words]", "line 8: an entry may only"),
        (GOOD + b"- [secret words]", "line 8: an entry may only"),
        (GOOD + b"- signal: [", "is not YAML"),
        (b'{"signal": "threat.user"', "line 1: is not JSON"),
        (b'{"signal": "threat.user", "fires": ["a"]}\n{secret words}', "line 2: is not JSON"),
        (b"\xff\xfe", "is not UTF-8"),
        (
            b"- signal: threat.user\n  fires: [" + b"a," * (MOST + 1) + b"]",
            f"at most {MOST} are allowed",
        ),
    ],
)
def test_what_is_wrong_is_told_by_its_line_without_quoting(data, told):
    with pytest.raises(ValueError, match=told) as caught:
        entries(data)
    assert "secret" not in str(caught.value)


def test_the_closer_exemplar_counts():
    assert logit_near(0.9, 0.2) > 0
    assert logit_near(0.9, 0.95) < 0
    assert logit_near(0.3, -1.0) < 0
    assert is_quiet(0.7, 0.8)
    assert not is_quiet(0.8, 0.7)
    assert not is_quiet(-1.0, 0.2)


def romance(detector, text, deployment="companion"):
    (scores,) = detector.score(Batch([Record(record_id="1", output=text, deployment=deployment)]))
    return scores.scores["persona.romance"]


BEFORE = "The museum opens at ten. The guided tour takes an hour."
SAID = "The small lamp in my window is burning just for you tonight."


def loaded(path):
    detector = create("persona", {"exemplars": path})
    detector.load()
    return detector


def test_an_exemplar_makes_its_likes_fire_in_its_deployments_only(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_bytes(GOOD)
    detector = loaded(path)
    assert romance(detector, f"{BEFORE}\n{SAID}") > 0.7
    assert romance(detector, BEFORE) < 0.7
    assert romance(detector, SAID, "shop") < romance(detector, SAID)


def test_a_quiet_exemplar_silences_its_likes(tmp_path):
    path = tmp_path / "own.yaml"
    said = "My heart belongs to you, and I dread each hour until you write to me again."
    path.write_text(f"- signal: persona.romance\n  quiet: ['{said}']\n")
    without = create("persona", {"meaning": "encoder"})
    without.load()
    by_words = create("persona", {"meaning": "off"})
    by_words.load()
    assert romance(without, said) > 0.7
    assert romance(loaded(path), said) == pytest.approx(romance(by_words, said))


def test_a_file_that_changes_is_read_again_and_a_wrong_one_is_not(tmp_path, caplog):
    path = tmp_path / "own.yaml"
    path.write_text("- signal: threat.user\n  fires: [Mind your step.]\n")
    detector = loaded(path)
    detector._meant._exemplars._seconds = detector._meant._exemplars._next = 0.0
    before = romance(detector, SAID)
    path.write_bytes(GOOD)
    after = romance(detector, SAID)
    assert after > before
    path.write_text("- signal: nonsense\n")
    assert romance(detector, SAID) == after
    assert "line 1: signal must be one of" in caplog.text


def test_a_missing_file_is_told_at_once(tmp_path):
    with pytest.raises(PolicyError, match="there is no such file"):
        loaded(tmp_path / "none.yaml")
