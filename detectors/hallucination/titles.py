"""Whether the title of a cited work sounds made up."""

from __future__ import annotations

import itertools
import math
import re

from detectors._text.words import FUNCTION_WORDS, stem, tokens_of
from detectors.hallucination import bibtex
from detectors.hallucination.models import TitleModel, sigmoid

_WORKS = (
    r"(?:references|citations?|bibliograph(?:y|ies)|publications|further reading|reading list"
    r"|literature|academic sources|scholarly sources"
    r"|(?:research|academic|scientific|scholarly|journal|key|seminal|peer-reviewed|published"
    r"|influential|important|relevant|recent|conference|classic|good|related)"
    r" (?:papers?|articles?|studies|books?|textbooks?|monographs?|publications?|works?))"
)
# One of these stands in whatever asks for works: a quick look before the pattern.
_OF_WORKS = (
    "referen", "citation", "bibliogra", "publicat", "reading", "literatu", "source", "paper",
    "article", "studie", "book", "monograph", "works", "cite", "i read", "quellen", "artikel",
    "study", "bücher",
    "veröffentl", "étude", "ouvrage", "referên", "artículo", "artigo", "estud", "libro", "livro",
    "référence", "文献", "论文",
)  # fmt: skip
_ASKS_FOR_REFERENCES = re.compile(
    rf"(?i)\b(?:list|give|provide|suggest|recommend|cite|find|share|name|need|include|want|add"
    rf"|compile"
    rf"|show|tell|which|what|any|are there|point)\b[^.?!\n]{{0,60}}\b{_WORKS}\b"
    r"|\b(?:papers?|articles?|books?|textbooks?) (?:on|about|regarding|dealing with|that) "
    r"|\breferences? (?:for|on|about)\b|\bwh(?:at|ich) (?:papers?|books?|articles?"
    r"|studies) (?:should|can"
    r"|could|do|would)\b|\bwhat (?:should|can|could) i (?:read|cite) (?:on|about|for)\b"
    r"|\b(?:nenne|gib|liste|empfiehl|such)\w*\b[^.?!\n]{0,60}\b(?:literatur|quellen|studien"
    r"|fachartikel"
    r"|veröffentlichungen|bücher)|\b(?:donne|cite|liste|propose"
    r"|recommande)\w*\b[^.?!\n]{0,60}\b(?:références"
    r"|articles scientifiques|bibliographie|études|ouvrages)|\b(?:dame|da|cita|lista|recomienda"
    r"|sugiere|dê"
    r"|liste|cite|indique)\w*\b[^.?!\n]{0,60}\b(?:referencias|referências|bibliografía|bibliografia"
    r"|artículos|artigos|estudios|estudos|libros|livros)\b|(?:参考文献|文献|论文)"
)
_WORD = re.compile(r"[A-Za-z0-9]{1,60}")
_ITEM = re.compile(r"[ \t]{0,8}(?:[-*•] |\[?\d{1,3}[\].)] )?[\"“'*_]{0,3}")
_YEAR = re.compile(r"\(?\b(?:1[89]|20)\d\d[a-z]?\b\)?\.?,?")
_QUOTED = re.compile(r"[\"“]([^\"“”\n]{12,200})[\"”]")
MAX_TITLES = 40


def asks_for_references(prompt: str) -> bool:
    """Whether a prompt asks for works to read or cite."""
    asked = prompt[:4000]
    lowered = asked.lower()
    return any(one in lowered for one in _OF_WORKS) and (
        _ASKS_FOR_REFERENCES.search(asked) is not None
    )


def topic_of(prompt: str) -> str:
    """What a prompt asks references on: what follows its first colon or its last "on"."""
    head, colon, rest = prompt[:600].partition(":")
    if colon:
        return rest
    for word in (" on ", " about ", " regarding "):
        if word in head:
            return head.rsplit(word, 1)[1]
    return head


def title_spans(answer: str) -> list[tuple[int, int]]:
    """Spans of the titles in an answer that lists references, at most 40.

    A bare line is a title; of "Author (year). Title. Journal" it is what follows the year;
    quoted titles are taken from their quotation marks, and those of BibTeX from their field.
    """
    answer = answer[:40_000]
    if (named := bibtex.title_spans(answer)) is not None:
        return named[:MAX_TITLES]
    spans = []
    offset = 0
    for line in answer.split("\n"):
        start, end = offset, offset + len(line)
        offset = end + 1
        if not 6 <= len(line.strip()) <= 500 or line.rstrip().endswith(":"):
            continue
        quoted = _QUOTED.search(line)
        year = _YEAR.search(line)
        item = _ITEM.match(line)
        lead = item.end() if item else 0
        if quoted is not None:
            span = (start + quoted.start(1), start + quoted.end(1))
        elif year is not None and ", " in line[: year.start()]:
            rest = line[year.end() :]
            skipped = len(rest) - len(rest.lstrip(' .,)*_"'))
            stop = rest.find(". ", skipped)
            span = (
                start + year.end() + skipped,
                start + year.end() + (stop if stop > 0 else len(rest)),
            )
        elif ". " not in line[lead:].strip() and len(line.split()) <= 30:
            span = (start + lead, end)
        else:
            continue
        if 1 <= len(answer[span[0] : span[1]].split()) <= 40:
            spans.append(span)
        if len(spans) == MAX_TITLES:
            break
    return spans


def title_features(title: str, topic: str) -> dict[str, float]:
    """Shape of a title, how it repeats its topic, and its words; names as in the model."""
    words = _WORD.findall(title)
    tokens = tokens_of(title)
    content = [stem(token) for token in tokens if token not in FUNCTION_WORDS]
    asked = {stem(token) for token in tokens_of(topic) if token not in FUNCTION_WORDS}
    shared = sum(one in asked for one in content)
    count = max(1, len(content))
    lowered = title.lower().strip()
    features = {
        "log_chars": math.log1p(len(title)) / 4,
        "log_words": math.log1p(len(words)) / 2,
        "content": len(content) / 8,
        "shared": shared / 4,
        "shared_share": shared / count,
        "topic_share": len(set(content) & asked) / max(1, len(asked)),
        "topic_words": len(asked) / 6,
        "starts_with_topic": float(bool(content) and content[0] in asked),
        "is_topic": float(lowered.strip(" .") == topic.lower().strip(" .")),
        "colon": float(":" in title),
        "before_colon": len(title.split(":")[0]) / max(1, len(title)),
        "capitals": sum(word[0].isupper() for word in words) / max(1, len(words)),
        "acronyms": sum(word.isupper() and len(word) > 1 for word in words) / 2,
        "word_length": sum(map(len, words)) / max(1, len(words)) / 6,
        "longest_word": max(map(len, words), default=0) / 12,
        "digits": float(any(map(str.isdigit, title))),
        "hyphen": float("-" in title),
        "commas": title.count(",") / 2,
        "function_words": (len(tokens) - len(content)) / 4,
        "article": float(lowered.startswith(("a ", "an "))),
        "the": float(lowered.startswith("the ")),
        "question": float(lowered.endswith("?")),
    }
    scale = 1.0 / math.sqrt(max(1, len(tokens)))
    for word in tokens:
        features[f"w:{word}"] = scale
    for one, other in itertools.pairwise(tokens):
        features[f"w:{one} {other}"] = scale
    return features


# A title of a field that the model never read is as doubtful as a few in a hundred are.
_OUTSIDE = -1.0
_FEW_KNOWN, _MOST_KNOWN = 0.3, 0.7
_LEAST_TRUST = 0.3


def fabricated(title: str, topic: str, model: TitleModel) -> float:
    """Probability that no work of this title exists, where half of the titles are made up.

    The fewer of the title's words the model has learned, the less it is asked: what invented titles
    look like in one field, real ones look like in another.
    """
    title = title[:400]
    features = title_features(title, topic)
    content = [token for token in tokens_of(title) if token not in FUNCTION_WORDS]
    known = sum(f"w:{token}" in model.weights for token in content) / max(1, len(content))
    share = (known - _FEW_KNOWN) / (_MOST_KNOWN - _FEW_KNOWN)
    trust = min(1.0, max(_LEAST_TRUST, share))
    told = model.bias + sum(model.weights.get(name, 0.0) * x for name, x in features.items())
    return sigmoid(told * trust + _OUTSIDE * (1.0 - trust))
