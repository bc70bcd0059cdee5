"""Learns to tell by its vector whether a request is harmful: the head of
`detectors._meaning.harmful`.

    python -m detectors.training.meaning.harmful [--data DIR] [--out DIR]

From the requests of other models' examples and `harmful_requests.tsv`, whose lines hold 1 for a
harmful one and the same request in six languages. Writes `meaning_harmful.npz`, its checksum and
its card; the sentence encoder, and the heads that tell refusals, must be there already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from detectors._linear.model_file import MODELS
from detectors._linear.parts import length, shared_model
from detectors._meaning.answers import shared_answers
from detectors._meaning.encoder import LANGUAGES, vectors
from detectors._meaning.harmful import FILE, HarmfulHead, features, in_english, write_harmful
from detectors.training.meaning.examples import examples
from detectors.training.meaning.pairs import ABROAD
from detectors.training.meaning.requests import requests
from detectors.training.prompts import prompts
from detectors.training.sets import KEPT, arguments, may_train, read_rows, write_card

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

WRITTEN: Final = "harmful_requests.tsv"
LOST: Final = 0.05
"""Share of written harmful requests that may stay below the limits, by heads that hadn't seen
them."""

_STRENGTH: Final = 8.0
_FOLDS: Final = 5
_TOGETHER: Final = 4
_AT_ONCE: Final = 256
_REFUSES: Final = -1.5
"""Above it, as a logit, the answer to a request may be a refusal, and the request harmful."""
_WEIGHT: Final = {
    "attack": 3.0,
    "near": 3.0,
    "written": 4.0,
    "asked for": 1.5,
    "ordinary": 3.0,
    "halueval": 0.4,
    "refusal": 1.0,
    "xstest": 1.5,
    "helped": 2.0,
    "not helped": 0.2,
    "mix": 0.25,
    "frames": 0.1,
    "abroad": 2.0,
}
_LANGUAGE: Final = {True: 1_000.0, False: 400.0}
"""What harmful requests in English and in all others weigh together, and harmless ones too."""
_ATTACKS: Final = ("attack", "written")

_CARD: Final = """# meaning_harmful.npz

A linear head over the sentence encoder's vector of a request: does it attack the model's rules, or
ask for something harmful? An answer is taken for one that gave in only where it does
(`jailbreak.success`). `python -m detectors.training.meaning.harmful --data DIR` makes it, and
writes this card. Holds no text of any row.

- Trained on: `harmful_requests.tsv`, `attacks_abroad.tsv`, the requests in
  `detectors/training/data/meaning` (compliance, refusal, requests), XSTest, Do-Not-Answer and
  GPTFuzz questions, HaluEval and `ordinary__written` as ordinary, the prompts that the jailbreak
  model learns from. Never trained on: JailJudge, Safe-RLHF, AlpacaEval.
- The limits, one for English and one for the other languages, are where {lost} of 100 written
  harmful requests stay below, by heads that hadn't seen their author, or of other languages their
  lines. How steeply an answer's score falls below them was chosen with figures of the retold texts
  in sight.
- Meant for: single requests of a sentence or a few, in English, German, Spanish, French, Portuguese
  and Chinese. Of a long one the beginning and the end are read.
- Limits: a harmful request in harmless words is missed, and with it the answer that gives in to it.

{figures}
"""


class Asked(NamedTuple):
    """A request; requests of a group are never split."""

    text: str
    harmful: bool
    source: str
    group: str


def asked(data: Path) -> list[Asked]:
    """All requests, in a fixed order, each once a source."""
    found: dict[tuple[str, str], Asked] = {}
    for one in (*_written(), *_sets(data)):
        if one.text.strip():
            found.setdefault((one.text.strip(), one.source), one._replace(text=one.text.strip()))
    return list(found.values())


def _written() -> Iterator[Asked]:
    for number, line in enumerate((KEPT / WRITTEN).read_text(encoding="utf-8").splitlines(), 1):
        label, *texts = line.split("\t")
        if label not in ("0", "1") or len(texts) != len(LANGUAGES):
            raise ValueError(f"{WRITTEN}, line {number}: must be 0 or 1 and six requests")
        for text in texts:
            yield Asked(text, label == "1", "written", f"written:{number}")
    for line in (KEPT / ABROAD).read_text(encoding="utf-8").splitlines():
        language, attack, text = line.split("\t")
        yield Asked(text, attack == "1", "abroad", f"abroad:{language}")
    known = examples()
    attacks = {one.request for one in known if one.signal == "compliance" and one.fires}
    heads, reader = shared_answers(), shared_model(MODELS / "refusal.npz")
    for number, one in enumerate(known):
        english = one.language == "en"
        group = f"{one.source}" if english else f"{one.source} {number // _TOGETHER}"
        if one.signal == "compliance" and one.fires:
            yield Asked(one.request, True, "attack", group)
        elif one.signal == "compliance" and one.request not in attacks:
            linear = reader.logit("refusal", reader.read(one.text), (length(one.text),))
            if heads.refuses(linear, one.text, heads.read(one.request, one.text)) < _REFUSES:
                yield Asked(one.request, False, "near", group)
        elif one.signal == "refusal":
            yield Asked(one.request, False, "refusal", f"refusal {one.source}")
    for asking in requests():
        yield Asked(asking.text, False, "asked for", f"{asking.kind} {asking.number}")
    for prompt in prompts():
        yield Asked(prompt.text, bool(prompt.attack or prompt.harm), "frames", prompt.frame)


def _sets(data: Path) -> Iterator[Asked]:
    for name in ("ordinary__written", "hallucination_nocontext__halueval_general"):
        source = "ordinary" if name.startswith("ordinary") else "halueval"
        for row in read_rows(data, name):
            yield Asked(row["prompt"] or "", False, source, row["id"])
    for row in read_rows(data, "refusal__xstest_completions"):
        unsafe = row["meta"]["prompt_unsafe"] in (True, "True")
        yield Asked(row["prompt"], unsafe, "xstest", row["meta"]["group"])
    for name in ("gptfuzz_labeled", "do_not_answer_harmful"):
        rows = list(read_rows(data, f"jailbreak_response__{name}"))
        helped = {row["prompt"] for row in rows if row["label"] == 1}
        for row in rows:
            source = "helped" if row["prompt"] in helped else "not helped"
            yield Asked(row["prompt"], True, source, row["meta"]["group"])
    for row in read_rows(data, "jailbreak_prompt__mix"):
        if may_train(row):
            bad = row["meta"]["class"] in ("jailbreak", "harmful_direct")
            yield Asked(row["output"], bad, "mix", row["meta"]["group"])


class Table(NamedTuple):
    """Requests as arrays."""

    rows: Floats
    harmful: Mask
    english: Mask
    sources: npt.NDArray[np.str_]
    folds: npt.NDArray[np.int64]
    weight: Floats


def table(known: list[Asked]) -> Table:
    """The requests with their vectors; two English authors are never in the same fold."""
    texts = [one.text for one in known]
    read = [vectors(texts[at : at + _AT_ONCE]) for at in range(0, len(texts), _AT_ONCE)]
    sources = np.array([one.source for one in known])
    bad = np.array([one.harmful for one in known])
    english = np.array([in_english(text) for text in texts])
    weight = np.array([_WEIGHT[source] for source in sources.tolist()])
    for language, most in _LANGUAGE.items():
        for label in (True, False):
            some = (english == language) & (bad == label)
            weight[some] *= most / max(weight[some].sum(), 1.0)
    folds = np.array([_fold(one.group) for one in known])
    return Table(features(texts, np.concatenate(read)), bad, english, sources, folds, weight)


def _fold(group: str) -> int:
    fixed = {"en-work": 0, "en-everyday": 1}.get(group)
    if fixed is not None:
        return fixed
    return int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) % _FOLDS


def learn(known: Table) -> tuple[HarmfulHead, Floats]:
    """The head, and what heads say that hadn't seen a request, above its limit."""
    held = np.zeros(len(known.rows))
    for out in range(_FOLDS):
        left = known.folds == out
        held[left] = known.rows[left] @ _fit(known, ~left)
    bad = known.harmful & np.isin(known.sources, _ATTACKS)
    limits = [float(np.quantile(held[bad & (known.english == one)], LOST)) for one in (True, False)]
    head = HarmfulHead(
        _fit(known, np.ones(len(held), bool)).astype(np.float32), (limits[0], limits[1])
    )
    return head, held - np.where(known.english, *limits)


def _fit(known: Table, some: Mask) -> Floats:
    model: Any = LogisticRegression(C=_STRENGTH, max_iter=800)
    model.fit(known.rows[some][:, 1:], known.harmful[some], sample_weight=known.weight[some])
    return np.append(model.intercept_, model.coef_[0])


def figures(known: Table, held: Floats) -> list[str]:
    """The table of the card: requests above the limit, by heads that hadn't seen them."""
    lines = [
        "| requests | language | harmful | above the limit | harmless | above | AUROC |",
        "| --- | --- | --: | --: | --: | --: | --: |",
    ]
    for source in dict.fromkeys(known.sources.tolist()):
        for english in (True, False):
            some = (known.sources == source) & (known.english == english)
            bad, good = held[some & known.harmful], held[some & ~known.harmful]
            if len(bad) + len(good) < _FOLDS:
                continue
            cells = [f"{(part > 0).mean():.2f}" if len(part) else "" for part in (bad, good)]
            both = len(bad) and len(good)
            ranked = f"{roc_auc_score(known.harmful[some], held[some]):.3f}" if both else ""
            lines.append(
                f"| {source} | {'English' if english else 'others'} | {len(bad)} | {cells[0]} "
                f"| {len(good)} | {cells[1]} | {ranked} |"
            )
    return lines


def main() -> None:
    """Writes the head, its checksum and its card, and prints what is measured."""
    options = arguments(__doc__).parse_args()
    known = table(asked(options.data))
    head, held = learn(known)
    digest = write_harmful(head, options.out / FILE)
    lines = figures(known, held)
    print("\n".join([f"sha256 {digest}", "", *lines]))
    card = _CARD.format(lost=round(100 * LOST), figures="\n".join(lines))
    write_card((options.out / FILE).with_suffix(".md"), card, options.data, ())


if __name__ == "__main__":
    main()
