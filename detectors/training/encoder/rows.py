"""What the encoder learns from: inputs with what is known of them, one list for all its heads."""

from __future__ import annotations

import hashlib
import json
import random
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from detectors._encoder.gate import readable
from detectors._encoder.inputs import Input
from detectors._text.passages import passages
from detectors.base import sentence_spans
from detectors.training import refusal
from detectors.training.encoder.injections import documents, instruction
from detectors.training.persona import fit as persona
from detectors.training.persona.phrases import phrases as persona_phrases
from detectors.training.prompts import prompts
from detectors.training.sets import may_train, read_rows
from detectors.training.toxicity import linear as toxicity_linear
from detectors.training.toxicity.phrases import phrases as toxic_phrases

HEADS: Final = (
    *(f"toxicity.{head}" for head in toxicity_linear.HEADS),
    "toxicity.reply",
    "jailbreak.success",
    "jailbreak.attempt",
    "jailbreak.injected",
    "jailbreak.harm",
    "refusal.any",
    "refusal.full",
    *(f"persona.{head}" for head in persona.TRAITS),
    "persona.sassiness",
    "persona.romance",
)
LEFT_OUT: Final = "surge_comments"
_SEED: Final = 4_711


class Sample(NamedTuple):
    """One input, what is known of it (head to a probability), and where it comes from.

    Samples of one `group` are never split. `weight` scales how much it counts in training;
    0 for what is only measured.
    """

    read: Input
    known: dict[str, float]
    source: str
    group: str
    weight: float = 1.0


def all_samples(data: Path) -> list[Sample]:
    """Everything to train on and to measure held out with, in a fixed order."""
    found: list[Sample] = []
    makers = (_toxic, _embedded, _replies, _answers, _requests, _voices, _injections, _written)
    for make in makers:
        found += make(data)
    return found


def fold_of(sample: Sample) -> int:
    """One of three folds, by group; what was written to measure with is always in the first."""
    if sample.group.startswith(("held/", "learned/")):
        return int(sample.group.startswith("learned/"))
    return int(hashlib.sha256(sample.group.encode()).hexdigest()[:8], 16) % 3


def is_held_out(sample: Sample) -> bool:
    """Whether the first model learns nothing of a sample: a third, a set and some traits."""
    kind, _, trait = sample.source.partition("/")
    if kind == "statements" and int(hashlib.sha256(trait.encode()).hexdigest()[:8], 16) % 6 == 0:
        return True
    return sample.group.startswith(f"{LEFT_OUT}/") or fold_of(sample) == 0


def _toxic(data: Path) -> Iterator[Sample]:
    for example in toxicity_linear.read_examples(data):
        if example.source in ("do_not_answer_harmful", "uhgeval_zh", "halueval_general"):
            continue
        if example.source in ("xstest_completions", "diasafety_responses"):
            continue
        if not readable(example.text):
            continue
        known = {f"toxicity.{head}": float(value) for head, value in example.known.items()}
        weight = {"phrases": 0.5, "multilingual_hatecheck": 0.6, "cold_zh": 0.6}
        yield Sample(
            Input(example.text),
            known,
            example.source,
            example.group,
            weight.get(example.source, 1.0),
        )


def _embedded(data: Path) -> Iterator[Sample]:
    """Toxic sentences inside ordinary answers, and quoted to be rejected."""
    draw = random.Random(_SEED)
    ordinary = [
        (row["output"], row["meta"]["group"])
        for row in read_rows(data, "hallucination_nocontext__halueval_general")
        if len(sentence_spans(row["output"])) >= 3
    ]
    for example in toxicity_linear.read_examples(data):
        short = 20 <= len(example.text) <= 200 and example.text.isascii()
        if example.source not in ("openai_moderation", "hatecheck_en", "surge_comments"):
            continue
        if not short or "toxicity" not in example.known:
            continue
        chance = draw.random()
        if chance < 0.18:
            text, _ = draw.choice(ordinary)
            spans = sentence_spans(text)
            at = draw.randrange(len(spans) - 1)
            before, after = text[slice(*spans[at])], text[slice(*spans[at + 1])]
            known = {f"toxicity.{k}": float(v) for k, v in example.known.items()}
            mixed = draw.choice((f"{before} {example.text} {after}", f"{example.text} {before}"))
            yield Sample(Input(mixed[:600]), known, "embedded", example.group, 0.7)
        elif chance < 0.3 and example.known["toxicity"]:
            quoted = draw.choice(_REJECTS).format(example.text.strip())
            known = {"toxicity.toxicity": 0.0, "toxicity.identity_attack": 0.0}
            yield Sample(Input(quoted), known, "rejected", example.group, 0.7)


_REJECTS: Final = (
    'Somebody wrote "{}" under the post. That is hateful, and nobody should have to read it.',
    'I won\'t repeat or agree with a sentence like "{}": it insults people for who they are.',
    'The moderators removed the comment "{}" because it breaks the rules against abuse.',
    'You asked whether "{}" is acceptable. It is not: it attacks people and can hurt them.',
    'A sentence such as "{}" is an example of what our policy forbids.',
    'Saying "{}" to anyone is wrong, and I am sorry that you had to hear it.',
)


def _replies(data: Path) -> Iterator[Sample]:
    for row in read_rows(data, "toxicity__diasafety_responses"):
        known = {"toxicity.reply": float(row["label"])}
        group = f"diasafety_responses/{row['meta']['group']}"
        heads = toxicity_linear._diasafety(row)
        known |= {f"toxicity.{head}": float(value) for head, value in heads.items()}
        yield Sample(Input(row["prompt"], row["output"]), known, "diasafety_responses", group)
    for row in read_rows(data, "toxicity__hh_harmless_pairs"):
        soft = 0.7 if row["label"] else 0.3
        known = {"toxicity.reply": soft, "jailbreak.success": 0.5 * soft}
        group = f"hh/{row['meta']['group']}"
        yield Sample(
            Input(_last_turn(row["prompt"]), row["output"]), known, "hh_harmless_pairs", group, 0.5
        )


def _last_turn(prompt: str) -> str:
    return prompt.rpartition("Human:")[2].replace("Assistant:", "").strip() or prompt


def _answers(data: Path) -> Iterator[Sample]:
    """Answers with their prompts: success, refusal, and that ordinary ones are harmless."""
    none = {f"toxicity.{head}": 0.0 for head in toxicity_linear.HEADS}
    rows, sets, refuses, whole = refusal.answer_rows(data)
    for kind, row, refused, full in zip(
        sets.tolist(), rows, refuses.tolist(), whole.tolist(), strict=True
    ):
        if kind == 3:
            continue
        known: dict[str, float] = {}
        if refused >= 0:
            known["refusal.any"] = refused
        if full >= 0:
            known["refusal.full"] = full
        if kind == 0:
            unsafe = row["meta"]["prompt_unsafe"] in (True, "True")
            if not (unsafe and row["meta"]["final_label"] == "3_partial_refusal"):
                known["jailbreak.success"] = float(unsafe and row["label"] == 0)
            known["toxicity.reply"] = known.get("jailbreak.success", 0.5)
        elif kind == 1:
            known["jailbreak.success"] = float(row["label"])
            known["toxicity.reply"] = float(row["label"])
        else:
            known |= {"jailbreak.success": 0.0, "toxicity.reply": 0.0}
        if row["label"] == 0 or kind == 2:
            known |= none
        source = ("xstest_completions", "do_not_answer_harmful", "halueval_general")[kind]
        group = f"answers/{row['meta']['group']}"
        prompt = row["prompt"] or ""
        if zlib.crc32(row["output"].encode()) % 5 == 0 and kind == 2:
            known.pop("jailbreak.success", None)
            prompt = ""
        first = Input(prompt, row["output"]) if prompt else Input(row["output"])
        yield Sample(first, known, source, group)
    for row in read_rows(data, "jailbreak_response__gptfuzz_labeled"):
        known = {"jailbreak.success": float(row["label"])}
        group = f"gptfuzz/{row['meta']['group']}"
        yield Sample(Input(row["prompt"], row["output"]), known, "gptfuzz_labeled", group, 0.7)


def _written(data: Path) -> Iterator[Sample]:
    """Ordinary prompts and answers of our own, many with words that sound hostile."""
    none = {f"toxicity.{head}": 0.0 for head in toxicity_linear.HEADS}
    for row in read_rows(data, "ordinary__written"):
        group = f"written/{row['meta']['group']}"
        known = none | {"toxicity.reply": 0.0, "jailbreak.success": 0.0}
        yield Sample(Input(row["prompt"], row["output"]), known, "written", group)
        asked = {"jailbreak.attempt": 0.0, "jailbreak.harm": 0.0}
        yield Sample(Input(row["prompt"]), asked, "asked_written", group)


def _requests(data: Path) -> Iterator[Sample]:
    harms = dict(zip(*refusal.harm_rows(data)[:2], strict=True))
    seen = set()
    for row in read_rows(data, "jailbreak_prompt__mix"):
        text = row["output"]
        known = {"jailbreak.attempt": float(row["label"])}
        if text in harms:
            known["jailbreak.harm"] = float(harms[text])
        seen.add(text)
        group = f"mix/{row['meta']['group']}"
        yield Sample(Input(text), known, "mix", group, 1.0 if may_train(row) else 0.0)
    for prompt in prompts():
        known = {"jailbreak.attempt": float(prompt.attack), "jailbreak.harm": float(prompt.harm)}
        seen.add(prompt.text)
        yield Sample(Input(prompt.text), known, "written_prompts", prompt.frame, 0.5)
    asked, harm, groups, trains, source = refusal.harm_rows(data)
    for text, harmful, group, trained, name in zip(
        asked, harm, groups, trains, source, strict=True
    ):
        if text not in seen and trained:
            known = {"jailbreak.attempt": 0.0, "jailbreak.harm": float(harmful)}
            yield Sample(Input(text), known, f"asked_{name}", f"answers/{group}", 0.6)
    draw = random.Random(_SEED + 1)
    for text in _codes(draw):
        yield Sample(Input(text), {"jailbreak.attempt": 0.0}, "codes", text, 0.5)


def _codes(draw: random.Random) -> Iterator[str]:
    """Passwords, codes and stray phrases that people type: short, and no attack."""
    words = [
        "lamp",
        "river",
        "seven",
        "cloud",
        "tiger",
        "paper",
        "north",
        "velvet",
        "candle",
        "rocket",
        "maple",
        "stone",
        "echo",
        "pearl",
    ]
    signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&*?-_."
    for _ in range(300):
        kind = draw.randrange(4)
        if kind == 0:
            yield "".join(draw.choice(signs) for _ in range(draw.randint(5, 40)))
        elif kind == 1:
            yield draw.choice((" ", "-", "")).join(
                draw.choice(words) for _ in range(draw.randint(2, 6))
            )
        elif kind == 2:
            first, second, third = (draw.choice(words) for _ in range(3))
            yield f"the {first} of the {second} is {third}{draw.randint(1, 99)}"
        else:
            yield draw.choice(words) * draw.randint(1, 9) + str(draw.randint(0, 9999))


def _voices(data: Path) -> Iterator[Sample]:
    heads = tuple(f"persona.{head}" for head in (*persona.TRAITS, "sassiness", "romance"))
    for row in read_rows(data, "behaviour_persona__anthropic_persona"):
        trait = row["meta"]["persona"]
        if trait not in persona._HEAD_OF:
            continue
        head = persona._HEAD_OF[trait]
        has = row["label"] ^ int(trait in persona._LACKS)
        known = {f"persona.{head}": float(has), "persona.romance": 0.0, "persona.sassiness": 0.0}
        if not has:
            known["persona.existential"] = known.get("persona.existential", 0.0)
        yield Sample(
            Input(row["output"]),
            known,
            f"statements/{trait}",
            f"persona/{row['meta']['group']}",
            1.5,
        )
    for phrase in persona_phrases(6):
        known = {head: float(head.partition(".")[2] in phrase.heads) for head in heads}
        if phrase.heads == ("manipulation",):
            del known["persona.aggression"]
        yield Sample(Input(phrase.text), known, "persona_phrases", phrase.frame, 0.6)
    for toxic in toxic_phrases():
        if toxic.heads and {"insult", "threat", "identity_attack"} & set(toxic.heads):
            known = dict.fromkeys(heads, 0.0) | {"persona.aggression": 1.0}
            if zlib.crc32(toxic.text.encode()) % 3 == 0:
                yield Sample(Input(toxic.text), known, "toxic_phrases", toxic.frame, 0.4)
    none = dict.fromkeys(heads, 0.0) | {f"toxicity.{head}": 0.0 for head in toxicity_linear.HEADS}
    draw = random.Random(_SEED + 2)
    for row in read_rows(data, "hallucination_nocontext__halueval_general"):
        for passage in draw.sample(
            found := passages(row["output"], sentence_spans(row["output"])), min(1, len(found))
        ):
            yield Sample(
                Input(passage.text),
                none,
                "ordinary_passages",
                f"answers/{row['meta']['group']}",
                0.7,
            )


def _injections(data: Path) -> Iterator[Sample]:
    for document in documents(1800, _SEED):
        known = {"jailbreak.injected": float(document.injected)}
        group = f"{'held' if document.held else 'learned'}/{document.kind}"
        yield Sample(Input(document.text), known, f"made_{document.kind}", group, 0.7)
    draw = random.Random(_SEED + 4)
    for row in read_rows(data, "groundedness__summedits"):
        text = row["context"]
        spans = sentence_spans(text)
        if len(spans) < 5 or not may_train(row):
            continue
        at = draw.randrange(len(spans) - 3)
        pieces = [text[slice(*span)] for span in spans[at : at + draw.randint(2, 4)]]
        injected = int(draw.random() < 0.5)
        group = f"summedits/{row['meta']['group']}"
        sample = Sample(
            Input(""), {"jailbreak.injected": float(injected)}, "real_documents", group, 0.7
        )
        if injected:
            pieces.insert(draw.randrange(len(pieces) + 1), instruction(draw, fold_of(sample) == 0))
        yield sample._replace(read=Input(" ".join(pieces)[:700]))


def digest(samples: list[Sample]) -> str:
    """A hash of everything that is learned from, for the card."""
    made = hashlib.sha256()
    for sample in samples:
        made.update(json.dumps([sample.read, sample.known, sample.group, sample.weight]).encode())
    return made.hexdigest()


def trained_sources(samples: list[Sample]) -> dict[str, int]:
    """How many samples of each source count in training."""
    counts: dict[str, int] = {}
    for sample in samples:
        if sample.weight > 0:
            name = sample.source.partition("/")[0]
            counts[name] = counts.get(name, 0) + 1
    return counts


def unseen_samples(data: Path) -> Iterator[Sample]:
    """Sets that are never trained on, those of them that are in the folder."""
    for name, head in _UNSEEN.items():
        source = name.partition("__")[2]
        for row in read_rows(data, name):
            if row["label"] not in (0, 1):
                continue
            known = {head: float(row["label"])}
            group = f"{source}/{row['meta']['group']}"
            read = Input(row["prompt"] or "", row["output"])
            if head == "jailbreak.attempt":
                read = Input(row["output"])
            yield Sample(read, known, f"unseen {source}", group, 0.0)


_UNSEEN: Final = {
    "jailbreak_response__jailjudge_mini": "jailbreak.success",
    "jailbreak_response__safe_rlhf_mini": "jailbreak.success",
    "prompt_injection__tensor_trust": "jailbreak.attempt",
}
