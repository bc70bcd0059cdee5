import logging
import os

import pytest

from detectors._policy import PolicyError, PolicyFile, number, words, yaml_mapping

SECRET = "orchid-nine"


def parse(data):
    found = yaml_mapping(data, {"names", "most"})
    return words(found, "names"), number(found, "most", 10, 100)


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def write(path, text, stamp):
    path.write_text(text)
    os.utime(path, ns=(stamp, stamp))


@pytest.fixture
def clock():
    return Clock()


def test_a_file_is_read_again_when_it_changes_but_not_too_often(tmp_path, clock):
    path = tmp_path / "policy.yaml"
    write(path, "names: [a]", 1)
    policy = PolicyFile(path, parse, seconds=3, clock=clock)
    assert policy.current() == (("a",), 10.0)
    write(path, "names: [b]\nmost: 5", 2)
    clock.now = 2.9
    assert policy.current() == (("a",), 10.0)
    clock.now = 3.0
    assert policy.current() == (("b",), 5.0)


@pytest.mark.parametrize(
    "text", [f"names: [{SECRET}", f"{SECRET}: 1", f"names: {SECRET}", f"most: {SECRET}", SECRET],
    ids=["not-yaml", "unknown-key", "not-a-list", "not-a-number", "not-a-mapping"],
)  # fmt: skip
def test_a_wrong_file_keeps_the_old_policy_and_is_told_once(tmp_path, clock, caplog, text):
    path = tmp_path / "policy.yaml"
    write(path, "names: [a]", 1)
    policy = PolicyFile(path, parse, seconds=3, clock=clock)
    policy.load()
    write(path, text, 2)
    with caplog.at_level(logging.WARNING, "detectors"):
        for clock.now in (3.0, 6.0, 9.0):
            assert policy.current() == (("a",), 10.0)
    assert len(caplog.records) == 1
    assert SECRET not in caplog.text
    write(path, "names: [c]", 3)
    clock.now = 12.0
    assert policy.current() == (("c",), 10.0)


def test_a_file_that_vanishes_keeps_the_old_policy(tmp_path, clock):
    path = tmp_path / "policy.yaml"
    write(path, "names: [a]", 1)
    policy = PolicyFile(path, parse, clock=clock)
    policy.load()
    path.unlink()
    clock.now = 60.0
    assert policy.current() == (("a",), 10.0)


def test_a_wrong_first_file_is_refused_without_quoting_it(tmp_path):
    path = tmp_path / "policy.yaml"
    with pytest.raises(PolicyError, match="no such file"):
        PolicyFile(path, parse).load()
    path.write_text(f"names: {SECRET}")
    with pytest.raises(PolicyError, match="names must be a list") as caught:
        PolicyFile(path, parse).load()
    assert SECRET not in str(caught.value)


def test_an_empty_file_holds_the_defaults(tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text("")
    assert PolicyFile(path, parse).load() == ((), 10.0)


@pytest.mark.parametrize("path", [SECRET, f"{SECRET}.1", f"no-folder/{SECRET}", f"{SECRET}\n"])
def test_what_stands_in_a_paths_place_and_is_none_is_not_quoted(path):
    with pytest.raises(PolicyError, match="no such file") as refused:
        PolicyFile(path, parse).load()
    assert SECRET not in str(refused.value)


def test_a_file_that_is_none_is_named_where_it_looks_like_one(tmp_path):
    for path in (tmp_path / "policy", "policy.yaml"):
        with pytest.raises(PolicyError, match=r"^policy"):
            PolicyFile(path, parse).load()
