"""Builds the sample files from public sets: `python -m streams.demo.samples.build --data DIR`.

`DIR` holds the sets that `README.md` credits, as `<set>.jsonl.gz` with one JSON object a line
(`id`, `prompt`, `context`, `output`, `label`, `meta`). The seed is fixed, so the same sets give
the same bytes.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from streams.demo.samples import (
    DEMO,
    DEMO_FEEDBACK,
    ORDINARY,
    SCENARIO_SECONDS,
    START,
    may_identify,
)
from streams.demo.samples.incidents import (
    COMPLAINTS,
    HELPFUL_OPENINGS,
    LEAKED_CUSTOMERS,
    LEAKED_KEYS,
    RUDE_ANSWERS,
    cited_answer,
    in_new_style,
)

SEED = 20
GENERAL = "hallucination_nocontext__halueval_general"
XSTEST = "refusal__xstest_completions"
GROUNDED = "groundedness__halueval_qa_gen"
REFERENCES = "citation__hallucinated_references"

ORDINARY_PER_SECOND = 10.0
TENANTS = ("aldgate", "brightwater", "cobalt")
USERS_PER_DEPLOYMENT = 80


class SampleDeployment(NamedTuple):
    """A model endpoint of the samples, and its answers per second in the demo."""

    name: str
    model: str
    version: str
    rate: float


DEPLOYMENTS = (
    SampleDeployment("support-bot", "falcon-chat", "2026-09-02", 3.0),
    SampleDeployment("search-assistant", "heron-rag", "2026-08-17", 4.0),
    SampleDeployment("hr-helper", "falcon-chat", "2026-09-02", 3.0),
    SampleDeployment("code-helper", "kestrel-code", "2026-07-30", 2.0),
    SampleDeployment("writing-coach", "wren-small", "2026-08-01", 6.0),
)
NEW_WRITING_VERSION = "2026-11-03"

# From and to, in seconds from the start.
LEAK = (15.0, 24.0)
KEYS = (26.0, 31.0)
UNGROUNDED = (32.0, 56.0)
RUDE = (44.0, 52.0)
NEW_STYLE_FROM = 54.0
CITATIONS = (60.0, 76.0)
COMPLAINING = (64.0, 76.0)
POISON = (36.0, 66.0)


class SampleAnswer(NamedTuple):
    """An answer with what it answers; `prompt` and `context` are empty where unknown."""

    output: str
    prompt: str = ""
    context: str = ""


class Stream:
    """Makes records of one sample: ids, users, tenants and conversations from one seed."""

    def __init__(self, prefix: str, rng: random.Random) -> None:
        self.prefix = prefix
        self.rng = rng
        self.made = 0
        self._turns: dict[str, tuple[str, int]] = {}

    def record(
        self, at: float, deployment: SampleDeployment, answer: SampleAnswer, version: str = ""
    ) -> dict[str, Any]:
        """One record in the native format; `at` is its offset in seconds."""
        self.made += 1
        user_number = self.rng.randrange(USERS_PER_DEPLOYMENT)
        user = f"{deployment.name}-user-{user_number:03d}"
        conversation, turn = self._turns.get(user, ("", 0))
        if not conversation or turn >= 4 or self.rng.random() < 0.4:
            conversation, turn = f"{self.prefix}-c{self.made:05d}", 0
        self._turns[user] = (conversation, turn + 1)
        record: dict[str, Any] = {
            "record_id": f"{self.prefix}-{self.made:05d}",
            "event_time": round(START + at, 3),
            "deployment": deployment.name,
            "model": deployment.model,
            "model_version": version or deployment.version,
            "tenant": TENANTS[user_number % len(TENANTS)],
            "user": user,
            "conversation_id": conversation,
            "turn": turn + 1,
            "output": answer.output,
            "latency_ms": round(
                400 + 9 * len(answer.output) ** 0.8 + self.rng.expovariate(1 / 150)
            ),
        }
        if answer.prompt:
            record["prompt"] = answer.prompt
        if answer.context:
            record["context"] = [answer.context]
        return record


def read_set(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """The rows of a public set."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line)


def ordinary_answers(folder: Path) -> list[SampleAnswer]:
    """Answers labelled as neither hallucinated nor refused, to prompts that ask for no harm.

    HaluEval's prompts come from a set that may not be used commercially, so only its answers
    are taken.
    """
    general = [
        SampleAnswer(row["output"].strip())
        for row in read_set(folder, GENERAL)
        if row["label"] == 0
    ]
    xstest = [
        SampleAnswer(row["output"].strip(), row["prompt"])
        for row in read_set(folder, XSTEST)
        if row["label"] == 0 and not row["meta"]["prompt_unsafe"]
    ]
    return [answer for answer in (*general, *xstest) if answer.output]


def grounded_answers(folder: Path, label: int) -> list[SampleAnswer]:
    """Answers to questions with a passage: label 0 rests on the passage, 1 doesn't."""
    return [
        SampleAnswer(row["output"].strip(), row["prompt"], row["context"].strip())
        for row in read_set(folder, GROUNDED)
        if row["label"] == label and row["context"].strip() and row["output"].strip()
    ]


def fabricated_titles(folder: Path) -> list[str]:
    """Titles of papers that a model made up, by a search for the exact title."""
    return [row["output"].strip() for row in read_set(folder, REFERENCES) if row["label"] == 1]


def ordinary_stream(folder: Path) -> Iterator[dict[str, Any]]:
    """Ordinary answers in an order of the seed's, ten a second."""
    rng = random.Random(SEED)
    stream = Stream("o", rng)
    without_context = ordinary_answers(folder)
    with_context = grounded_answers(folder, 0)
    rng.shuffle(without_context)
    elsewhere = [deployment for deployment in DEPLOYMENTS if deployment.name != "search-assistant"]
    weights = [deployment.rate for deployment in elsewhere]
    chosen = [(answer, rng.choices(elsewhere, weights)[0]) for answer in without_context]
    chosen += [(answer, DEPLOYMENTS[1]) for answer in with_context]
    rng.shuffle(chosen)
    for number, (answer, deployment) in enumerate(chosen):
        yield stream.record(number / ORDINARY_PER_SECOND, deployment, answer)


def arrivals(rng: random.Random, rate: float) -> Iterator[float]:
    """Offsets of a deployment's answers over the scenario: a Poisson process."""
    at = rng.expovariate(rate)
    while at < SCENARIO_SECONDS:
        yield at
        at += rng.expovariate(rate)


def _within(at: float, span: tuple[float, float]) -> bool:
    return span[0] <= at < span[1]


def demo_stream(folder: Path) -> list[dict[str, Any]]:
    """Ordinary traffic of five deployments, with something going wrong in each of them."""
    rng = random.Random(SEED + 1)
    ordinary = [answer for answer in ordinary_answers(folder) if not may_identify(answer.output)]
    rng.shuffle(ordinary)
    supply = iter(ordinary)
    # Nobody's assistant answers with one word.
    grounded = [a for a in grounded_answers(folder, 0) if len(a.output.split()) > 1]
    ungrounded = [a for a in grounded_answers(folder, 1) if len(a.output) > 60]
    titles = fabricated_titles(folder)
    by_name = {deployment.name: deployment for deployment in DEPLOYMENTS}
    slots = sorted(
        (at, deployment.name) for deployment in DEPLOYMENTS for at in arrivals(rng, deployment.rate)
    )
    events: list[tuple[float, str, SampleAnswer]] = []
    for at, name in slots:
        if name == "search-assistant":
            wrong = _within(at, UNGROUNDED) and rng.random() < 0.8
            events.append((at, name, rng.choice(ungrounded if wrong else grounded)))
            continue
        answer = next(supply)
        if name == "writing-coach" and at >= NEW_STYLE_FROM:
            answer = SampleAnswer(in_new_style(answer.output, rng), answer.prompt)
        elif rng.random() < 0.15:
            answer = SampleAnswer(rng.choice(HELPFUL_OPENINGS) + answer.output, answer.prompt)
        events.append((at, name, answer))
    events += _spread("support-bot", LEAKED_CUSTOMERS, LEAK)
    events += _spread("code-helper", LEAKED_KEYS, KEYS)
    events += _spread("hr-helper", RUDE_ANSWERS, RUDE)
    cited = [cited_answer(rng, rng.sample(titles, 2)) for _ in range(24)]
    events += _spread("search-assistant", cited, CITATIONS)

    stream = Stream("d", rng)
    lines = []
    for at, name, answer in sorted(events):
        new = name == "writing-coach" and at >= NEW_STYLE_FROM
        version = NEW_WRITING_VERSION if new else ""
        lines.append(stream.record(at, by_name[name], answer, version))
    for number, at in enumerate(POISON, 1):
        # No `output`: what a producer's bug looks like.
        lines.append(
            {"record_id": f"d-bad-{number}", "event_time": START + at, "deployment": "hr-helper"}
        )
    return sorted(lines, key=lambda line: float(line["event_time"]))


def _spread(
    name: str, texts: Sequence[tuple[str, str]], span: tuple[float, float]
) -> list[tuple[float, str, SampleAnswer]]:
    step = (span[1] - span[0]) / len(texts)
    return [
        (span[0] + (number + 0.5) * step, name, SampleAnswer(output, prompt))
        for number, (prompt, output) in enumerate(texts)
    ]


def demo_feedback() -> Iterator[dict[str, Any]]:
    """Complaints about one deployment, and a few good ratings of another."""
    rng = random.Random(SEED + 2)
    for number in range(8):
        yield {
            "feedback_id": f"d-r{number:03d}",
            "event_time": START + 8.0 + 7.0 * number,
            "kind": "rating",
            "value": 1.0,
            "deployment": "support-bot",
            "user": f"support-bot-user-{rng.randrange(USERS_PER_DEPLOYMENT):03d}",
        }
    step = (COMPLAINING[1] - COMPLAINING[0]) / COMPLAINTS
    for number in range(COMPLAINTS):
        yield {
            "feedback_id": f"d-f{number:03d}",
            "event_time": round(START + COMPLAINING[0] + number * step, 3),
            "kind": "complaint",
            "deployment": "hr-helper",
            "tenant": rng.choice(TENANTS),
            "user": f"hr-helper-user-{number * 5 % USERS_PER_DEPLOYMENT:03d}",
        }


def write(path: Path, lines: Iterable[dict[str, Any]]) -> int:
    """Writes gzipped JSON lines, the same bytes each time; how many."""
    encoded = [msgspec.json.encode(line) for line in lines]
    path.write_bytes(gzip.compress(b"\n".join(encoded) + b"\n", 9, mtime=0))
    return len(encoded)


@click.command()
@click.option(
    "--data", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True
)
def main(folder: Path) -> None:
    """Rebuild the sample files from the public sets in a folder."""
    feedback = sorted(demo_feedback(), key=lambda line: float(line["event_time"]))
    for path, lines in (
        (ORDINARY, ordinary_stream(folder)),
        (DEMO, demo_stream(folder)),
        (DEMO_FEEDBACK, feedback),
    ):
        count = write(path, lines)
        click.echo(f"{path.name}: {count:,} lines, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
