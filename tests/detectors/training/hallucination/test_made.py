from __future__ import annotations

from typing import Any

from detectors.training.hallucination.made import spliced, without_support

DOCUMENT = (
    "The ferry to Marble Island leaves at noon every single day of the year. Tickets are sold on"
    " board by a friendly old crew of six. Dogs may travel free of charge in the lower cabin"
    " only. The harbour café serves soup and bread until four in the afternoon. Storms cancelled"
    " eleven crossings during the month of January last winter. A museum beside the pier shows"
    " tools of the old whaling families."
)
ROW: dict[str, Any] = {
    "context": DOCUMENT,
    "prompt": "",
    "output": "Storms cancelled eleven crossings in January.",
    "label": 0,
    "meta": {"group": "ferry"},
}


def test_the_sentence_that_supports_a_claim_is_taken_away() -> None:
    whole, broken = without_support([ROW], {})
    assert whole == ROW
    assert (broken["label"], broken["meta"]) == (1, ROW["meta"])
    assert "Storms" not in broken["context"]
    assert broken["context"]


def test_ungrounded_rows_and_short_documents_are_not_broken() -> None:
    assert not list(without_support([ROW | {"label": 1}], {}))
    short = ROW | {"context": "Storms cancelled eleven crossings. It rained."}
    assert list(without_support([short], {})) == [short]


def test_splices_are_as_many_of_each_label_and_use_the_documents_words() -> None:
    made = list(spliced({"ferry": DOCUMENT, "short": "Too few words here."}, 5))
    assert [row["label"] for row in made] == [0] * 5 + [1] * 5
    assert {row["meta"]["group"] for row in made} == {"ferry"}
    known = set(DOCUMENT.replace(".", "").split())
    assert all(set(row["output"].replace(".", "").split()) <= known for row in made)


def test_rows_are_the_same_for_the_same_seed() -> None:
    assert list(spliced({"ferry": DOCUMENT}, 4)) == list(spliced({"ferry": DOCUMENT}, 4))
    assert list(without_support([ROW], {})) == list(without_support([ROW], {}))
