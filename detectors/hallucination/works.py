"""Works that everybody cites, and who wrote them.

A language model knows these too, but gives some of them to other authors. Titles are compared as
whole phrases in lower case; a work is only missed where it's named otherwise.
"""

from __future__ import annotations

import re
from typing import Final

# Title, then surnames, of which one must stand beside it where authors are named at all.
_WORKS: Final[dict[str, str]] = {
    "attention is all you need": "vaswani shazeer",
    "deep residual learning for image recognition": "he",
    "bert: pre-training of deep bidirectional transformers": "devlin",
    "language models are few-shot learners": "brown",
    "adam: a method for stochastic optimization": "kingma",
    "auto-encoding variational bayes": "kingma",
    "generative adversarial nets": "goodfellow",
    "generative adversarial networks": "goodfellow",
    "an image is worth 16x16 words": "dosovitskiy",
    "denoising diffusion probabilistic models": "ho",
    "learning transferable visual models from natural language supervision": "radford",
    "imagenet classification with deep convolutional neural networks": "krizhevsky",
    "very deep convolutional networks for large-scale image recognition": "simonyan",
    "going deeper with convolutions": "szegedy",
    "batch normalization: accelerating deep network training": "ioffe",
    "dropout: a simple way to prevent neural networks from overfitting": "srivastava",
    "long short-term memory": "hochreiter",
    "u-net: convolutional networks for biomedical image segmentation": "ronneberger",
    "faster r-cnn": "ren",
    "mask r-cnn": "he",
    "you only look once": "redmon",
    "playing atari with deep reinforcement learning": "mnih",
    "human-level control through deep reinforcement learning": "mnih",
    "mastering the game of go with deep neural networks": "silver",
    "proximal policy optimization algorithms": "schulman",
    "trust region policy optimization": "schulman",
    "model-agnostic meta-learning for fast adaptation of deep networks": "finn",
    "semi-supervised classification with graph convolutional networks": "kipf",
    "graph attention networks": "veličković velickovic",
    "neural machine translation by jointly learning to align and translate": "bahdanau",
    "sequence to sequence learning with neural networks": "sutskever",
    "efficient estimation of word representations in vector space": "mikolov",
    "distributed representations of words and phrases": "mikolov",
    "glove: global vectors for word representation": "pennington",
    "deep contextualized word representations": "peters",
    "roberta: a robustly optimized bert pretraining approach": "liu",
    "exploring the limits of transfer learning with a unified text-to-text": "raffel",
    "training language models to follow instructions with human feedback": "ouyang",
    "chain-of-thought prompting elicits reasoning in large language models": "wei",
    "lora: low-rank adaptation of large language models": "hu",
    "llama: open and efficient foundation language models": "touvron",
    "scaling laws for neural language models": "kaplan",
    "training compute-optimal large language models": "hoffmann",
    "highly accurate protein structure prediction with alphafold": "jumper",
    "high-resolution image synthesis with latent diffusion models": "rombach",
    "explaining and harnessing adversarial examples": "goodfellow",
    "intriguing properties of neural networks": "szegedy",
    "communication-efficient learning of deep networks from decentralized data": "mcmahan",
    "a simple framework for contrastive learning of visual representations": "chen",
    "momentum contrast for unsupervised visual representation learning": "he",
    "neural ordinary differential equations": "chen",
    "distilling the knowledge in a neural network": "hinton",
    "learning representations by back-propagating errors": "rumelhart",
    "gradient-based learning applied to document recognition": "lecun",
    "on the dangers of stochastic parrots": "bender",
    '"why should i trust you?"': "ribeiro",
    "a unified approach to interpreting model predictions": "lundberg",
    "xgboost: a scalable tree boosting system": "chen",
    "scikit-learn: machine learning in python": "pedregosa",
    "latent dirichlet allocation": "blei",
    "support-vector networks": "cortes",
    "mapreduce: simplified data processing on large clusters": "dean",
    "the google file system": "ghemawat",
    "bigtable: a distributed storage system": "chang",
    "a mathematical theory of communication": "shannon",
    "computing machinery and intelligence": "turing",
    "on computable numbers": "turing",
    "new directions in cryptography": "diffie",
    "a method for obtaining digital signatures and public-key": "rivest",
    "a relational model of data for large shared data banks": "codd",
    "bitcoin: a peer-to-peer electronic cash system": "nakamoto",
    "go to statement considered harmful": "dijkstra",
    "time, clocks, and the ordering of events": "lamport",
    "molecular structure of nucleic acids": "watson",
    "prospect theory: an analysis of decision under risk": "kahneman",
    "judgment under uncertainty: heuristics and biases": "tversky",
    "the magical number seven, plus or minus two": "miller",
    "the strength of weak ties": "granovetter",
    'the market for "lemons"': "akerlof",
    "the market for lemons": "akerlof",
    "the tragedy of the commons": "hardin",
    "why most published research findings are false": "ioannidis",
    "estimating the reproducibility of psychological science": "open science collaboration",
    "behavioral study of obedience": "milgram",
    "collective dynamics of 'small-world' networks": "watts",
    "emergence of scaling in random networks": "barabási barabasi",
    "the structure of scientific revolutions": "kuhn",
    "thinking, fast and slow": "kahneman",
    "on the origin of species": "darwin",
    "the wealth of nations": "smith",
    "capital in the twenty-first century": "piketty",
    "a theory of justice": "rawls",
    "the art of computer programming": "knuth",
    "structure and interpretation of computer programs": "abelson",
    "introduction to algorithms": "cormen",
    "the elements of statistical learning": "hastie",
    "pattern recognition and machine learning": "bishop",
    "artificial intelligence: a modern approach": "russell",
    "reinforcement learning: an introduction": "sutton",
    "the mythical man-month": "brooks",
    "clean code: a handbook of agile": "martin",
    "the pragmatic programmer": "hunt",
    "refactoring: improving the design of existing code": "fowler",
    "design patterns: elements of reusable": "gamma",
    "silent spring": "carson",
    "the selfish gene": "dawkins",
    "a brief history of time": "hawking",
    "orientalism": "said",
    "imagined communities": "anderson",
    "discipline and punish": "foucault",
    "gender trouble": "butler",
    "the second sex": "beauvoir",
    "bowling alone": "putnam",
    "guns, germs, and steel": "diamond",
}
# An author as written in a reference: "Surname, I.", "I. Surname", "Surname (year", "and Surname".
_AUTHORS = re.compile(
    r"\b[A-ZÀ-Þ][\w'’-]{1,30}, (?:[A-Z]\.|[A-ZÀ-Þ][a-zß-ÿ]{2,20}\b)"
    r"|\b[A-Z]\. ?[A-ZÀ-Þ][\w'’-]{2,30}"
    r"|\b[A-ZÀ-Þ][\w'’-]{1,30}(?: et al\.?| (?:and|&) [A-ZÀ-Þ][\w'’-]{1,30})?,? \((?:1[5-9]|20)\d\d"
    r"|\bauthor\s*="
    r"|\b[A-ZÀ-Þ][\w'’-]{1,30} [A-ZÀ-Þ][\w'’-]{1,30} and [A-ZÀ-Þ][\w'’-]{1,30} [A-ZÀ-Þ]"
)
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")


def other_authors(line: str) -> tuple[int, int] | None:
    """Where a line gives a work that everybody cites to others than its authors; else None."""
    lowered = line.lower().replace("’", "'").replace("“", '"').replace("”", '"')
    if len(lowered) != len(line) or _YEAR.search(line) is None:
        return None
    for title, authors in _WORKS.items():
        at = lowered.find(title)
        # A longer title may hold this one: "Attention Is All You Need in Speech Separation".
        if at < 0 or (at > 0 and lowered[at - 1].isalnum()):
            continue
        end = at + len(title)
        if len(title.split()) < 4 and not _stands_alone(lowered, at, end):
            continue
        longer = re.match(r"[ ,]*(?:in|for|with|via|to) ", lowered[end:])
        if lowered[end : end + 1].isalnum() or (longer and len(title.split()) < 6):
            continue
        before = line[max(0, at - 400) : at]
        after = line[end : end + 60]
        if _AUTHORS.search(before) is None:
            continue
        around = (before + after).lower()
        if not any(
            re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", around)
            for name in ([authors] if authors.startswith("open ") else authors.split())
        ):
            return at, end
    return None


def _stands_alone(lowered: str, at: int, end: int) -> bool:
    """Whether a short title is a title here: in quotes, italics or braces, or a sentence."""
    before, after = lowered[:at].rstrip(" *_"), lowered[end:].lstrip(" *_")
    opened = not before or before[-1] in "\"'({[.,:"
    return opened and (not after or after[0] in "\"')}].,:;")
