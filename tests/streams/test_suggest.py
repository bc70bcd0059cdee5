"""Who wrote a name that isn't known is told the nearest, or which there are."""

from __future__ import annotations

import pytest

from streams.errors import UsageError
from streams.suggest import listed_names, suggestion

KNOWN = ("alertmanager", "slack", "webhook")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        pytest.param("webhok", "Did you mean `webhook`?", id="near"),
        pytest.param("alert-manager", "Did you mean `alertmanager`?", id="nearer"),
        pytest.param("pigeon", "Known: alertmanager, slack, webhook", id="far"),
        pytest.param("", "Known: alertmanager, slack, webhook", id="nothing"),
    ],
)
def test_the_nearest_or_all(word: str, told: str) -> None:
    assert suggestion(word, KNOWN) == told


def test_how_a_name_is_written_and_what_else_is_told() -> None:
    assert suggestion("slak", KNOWN, "Correct it.", shown="{!r}") == "Did you mean 'slack'?"
    assert suggestion("pigeon", KNOWN, "Correct it.", shown="{!r}") == "Correct it."
    assert suggestion("slak", KNOWN, "Correct it.", likeness=1.0) == "Correct it."


@pytest.mark.parametrize(
    ("text", "names"),
    [("slack", ["slack"]), (" slack, webhook ", ["slack", "webhook"]), ("slack,,", ["slack"])],
)
def test_a_list_of_names(text: str, names: list[str]) -> None:
    assert listed_names("--only", text, KNOWN, "receiver") == names


@pytest.mark.parametrize(
    ("text", "problem"),
    [("slak,webhook", "slak is not a receiver"), ("", "nothing is not"), (",", "nothing is not")],
)
def test_a_list_with_none_or_an_unknown_one_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=rf"--only: {problem}.*There are: alertmanager, slack"):
        listed_names("--only", text, KNOWN, "receiver")
