"""Presidio's engine, plain and behind the pre-filter, over one and the same configuration."""

from __future__ import annotations

import importlib
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import tldextract
from presidio_analyzer import (
    AnalyzerEngine,
    EntityRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from presidio_analyzer.predefined_recognizers import SpacyRecognizer
from spacy.lang.en.stop_words import STOP_WORDS

from detectors.pii._patterns import LANGUAGE, set_apart
from detectors.pii.entities import Hit
from detectors.pii.phones import Phones
from detectors.pii.prefilter import Prefilter
from detectors.pii.recognizers import all_recognizers, patterns_of

NAMED_ENTITIES = ("PERSON", "LOCATION", "ORGANIZATION", "NRP")
_MODEL_LABELS = {
    "PERSON": "PERSON", "PER": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION",
    "LOCATION": "LOCATION", "FAC": "LOCATION", "ORG": "ORGANIZATION", "NORP": "NRP",
}  # fmt: skip
_NAME_SCORE = 0.85  # Presidio's score for whatever a spaCy model finds
_CONTEXT_WORDS_BEFORE, _CONTEXT_WORDS_AFTER = 8, 4
_MOST_WORDS_KEPT = 200_000  # words of all texts that spaCy remembers for good: some 30 MB
_STOP_WORDS = frozenset(STOP_WORDS - {"call", "name"}) | {*"stdm", "re", "ve", "ll"}
_TOKEN = re.compile(r"\w+|[^\w\s]")


class NamedSpan(NamedTuple):
    """An entity that a spaCy model found, as Presidio's `SpacyRecognizer` reads it."""

    label_: str
    start_char: int
    end_char: int


class _Artifacts(NlpArtifacts):
    """Tokens, keywords and names of a text, each worked out only when asked for."""

    def __init__(self, text: str, engine: Words) -> None:
        self._text = text
        self.nlp_engine = engine

    @cached_property
    def _matches(self) -> list[re.Match[str]]:
        return list(_TOKEN.finditer(self._text))

    @cached_property
    def tokens(self) -> list[str]:
        """Words and single marks, covering all that isn't white space."""
        return [match.group() for match in self._matches]

    @cached_property
    def tokens_indices(self) -> list[int]:
        """Where each token starts."""
        return [match.start() for match in self._matches]

    @cached_property
    def lemmas(self) -> list[str]:
        """Tokens in lower case and, roughly, in the singular."""
        return [_singular(token.lower()) for token in self.tokens]

    @cached_property
    def keywords(self) -> dict[str, None]:
        """Lemmas that carry meaning; a mapping, because Presidio only asks what is in it."""
        return dict.fromkeys(
            lemma
            for lemma in self.lemmas
            if lemma not in _STOP_WORDS and (lemma[0].isalnum() or lemma[0] == "_")
        )

    @cached_property
    def entities(self) -> list[NamedSpan]:
        """Names found by the spaCy model, none without one."""
        return self.nlp_engine.names(self._text)

    @property
    def scores(self) -> list[float]:
        """One score per entity."""
        return [_NAME_SCORE] * len(self.entities)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] not in "su" else word


class _Context(LemmaContextAwareEnhancer):
    """Presidio's context words, finding the token of a result by bisection.

    Presidio looks through all tokens for every result, which takes minutes on a long list
    of numbers. It also copies every result before it looks; here those of recognizers of which
    the text holds no context word at all are handed on as they are.
    """

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        """The results, those beside a context word of their recognizer with a higher score."""
        if context or not raw_results:
            return super().enhance_using_context(  # type: ignore[no-any-return]
                text, raw_results, nlp_artifacts, recognizers, context
            )
        said = {word.lower() for word in nlp_artifacts.keywords}
        helped = {
            recognizer.id
            for recognizer in recognizers
            if any(word.lower() in said for word in recognizer.context or ())
        }
        key = RecognizerResult.RECOGNIZER_IDENTIFIER_KEY
        touched = [one for one in raw_results if one.recognition_metadata[key] in helped]
        if not touched:
            return raw_results
        others = [one for one in raw_results if one.recognition_metadata[key] not in helped]
        return others + super().enhance_using_context(  # type: ignore[no-any-return]
            text, touched, nlp_artifacts, recognizers
        )

    @staticmethod
    def _find_supportive_word_in_context(
        context_list: list[str], recognizer_context_list: list[str], matching_mode: str = ""
    ) -> str:
        words = {word.lower() for word in context_list or ()}
        return next((word for word in recognizer_context_list or () if word.lower() in words), "")

    @staticmethod
    def _find_index_of_match_token(
        word: str, start: int, tokens: Sequence[str], tokens_indices: list[int]
    ) -> int:
        at = max(0, bisect_right(tokens_indices, start) - 1)
        covers = start <= tokens_indices[at] or start < tokens_indices[at] + len(tokens[at])
        return at if covers else min(at + 1, len(tokens) - 1)


class Words(NlpEngine):
    """A Presidio NLP engine: words by regular expression, names by a spaCy model if there is one.

    `model` is the name of an installed package; nothing is ever downloaded.
    """

    def __init__(self, model: str | None) -> None:
        self.model = model
        self._pipeline: Any = None
        self._most_words = 0
        self._loaded = False

    def load(self) -> None:
        """Imports the model's package; raises what that raises."""
        if self.model is not None:
            package = importlib.import_module(self.model)
            self._pipeline = package.load(
                exclude=["tagger", "parser", "attribute_ruler", "lemmatizer", "senter", "tok2vec"]
            )
            self._most_words = len(self._pipeline.vocab.strings) + _MOST_WORDS_KEPT
        self._loaded = True

    def is_loaded(self) -> bool:
        """Whether `load` has run."""
        return self._loaded

    def names(self, text: str) -> list[NamedSpan]:
        """What the model names in the text, in Presidio's terms."""
        if self._pipeline is None or not text.strip():
            return []
        if len(self._pipeline.vocab.strings) < self._most_words:
            return self._named(text)
        with self._pipeline.memory_zone():
            return self._named(text)

    def _named(self, text: str) -> list[NamedSpan]:
        return [
            NamedSpan(_MODEL_LABELS[span.label_], span.start_char, span.end_char)
            for span in self._pipeline(text).ents
            if span.label_ in _MODEL_LABELS
        ]

    def process_text(self, text: str, language: str) -> _Artifacts:
        """Artifacts of the text; the language makes no difference."""
        return _Artifacts(text, self)

    def process_batch(self, texts: Iterable[str], language: str, **kwargs: Any) -> Any:
        """Pairs of text and artifacts."""
        return ((text, self.process_text(text, language)) for text in texts)

    def is_stopword(self, word: str, language: str) -> bool:
        """Whether a lower-case word carries no meaning of its own."""
        return word in _STOP_WORDS

    def is_punct(self, word: str, language: str) -> bool:
        """Whether a token has no letter or digit."""
        return not any(character.isalnum() for character in word)

    def get_supported_entities(self) -> list[str]:
        """What a model can name."""
        return list(NAMED_ENTITIES) if self._pipeline is not None else []

    def get_supported_languages(self) -> list[str]:
        """The one language that all recognizers are registered under."""
        return [LANGUAGE]


class Analyzer:
    """One configuration, and two ways to run it that give the same hits.

    `plain` is `AnalyzerEngine.analyze` as it is. `fast` hands the same engine only the
    `candidates`, those recognizers that the pre-filter can't rule out, and `names` only the
    model: together they give what `plain` gives.
    """

    def __init__(
        self, entities: Collection[str], score_threshold: float, model: str | None
    ) -> None:
        # The default list is fetched from the network when first needed; the bundled one isn't.
        snapshot = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
        recognizers = [
            recognizer
            for recognizer in all_recognizers(snapshot)
            if recognizer.supported_entities[0] in entities
        ]
        self._recognizers: list[Any] = recognizers
        self._prefilter = Prefilter([patterns_of(recognizer) for recognizer in recognizers])
        words = Words(model)
        words.load()
        named = [name for name in NAMED_ENTITIES if name in entities] if model else []
        self._namer = SpacyRecognizer(supported_entities=named) if named else None
        everything = [*recognizers, *([self._namer] if self._namer else [])]
        self.entities = tuple(
            sorted({entity for item in everything for entity in item.supported_entities})
        )

        def engine(registry: RecognizerRegistry) -> AnalyzerEngine:
            return AnalyzerEngine(
                registry=registry,
                nlp_engine=words,
                default_score_threshold=score_threshold,
                context_aware_enhancer=_Context(
                    context_matching_mode="whole_word",
                    context_prefix_count=_CONTEXT_WORDS_BEFORE,
                    context_suffix_count=_CONTEXT_WORDS_AFTER,
                ),
            )

        self._engine = engine(RecognizerRegistry(everything))
        self._chosen = _ChosenRegistry(everything)
        self._fast_engine = engine(self._chosen)

    def plain(self, text: str) -> list[Hit]:
        """Hits of Presidio alone: every recognizer and the model run on the whole text."""
        self.begin()
        return _hits(self._engine.analyze(text, LANGUAGE, list(self.entities)))

    def begin(self) -> None:
        """To be called before each text, of which `fast` and `all` are then given the windows."""
        for recognizer in self._recognizers:
            if isinstance(recognizer, Phones):
                recognizer.begin()

    @property
    def unfinished(self) -> bool:
        """Whether a recognizer had more to look at in this text than it does in one."""
        return any(one.unfinished for one in self._recognizers if isinstance(one, Phones))

    def all(self, text: str) -> list[Hit]:
        """Hits of every recognizer on the whole text, without names."""
        return self._analyze(text, self._recognizers)

    def candidates(self, text: str) -> list[int]:
        """Recognizers, by index, that may find something in the text."""
        possible = self._prefilter.possible(text)
        apart = set_apart(text)
        if apart != text:
            return sorted({*possible, *self._prefilter.possible(apart)})
        return possible

    def fast(self, text: str, candidates: Sequence[int]) -> list[Hit]:
        """The same hits from the candidates alone, without names."""
        return self._analyze(text, [self._recognizers[index] for index in candidates])

    def entities_of(self, candidate: int) -> tuple[str, ...]:
        """What a recognizer can find."""
        return tuple(self._recognizers[candidate].supported_entities)

    def names(self, text: str) -> list[Hit]:
        """The hits of the model alone."""
        return self._analyze(text, [self._namer] if self._namer is not None else [])

    def _analyze(self, text: str, chosen: Sequence[Any]) -> list[Hit]:
        if not chosen:
            return []
        self._chosen.chosen = chosen
        asked = {entity for recognizer in chosen for entity in recognizer.supported_entities}
        return _hits(self._fast_engine.analyze(text, LANGUAGE, sorted(asked)))


class _ChosenRegistry(RecognizerRegistry):
    """A registry that answers with the recognizers chosen for the text at hand."""

    chosen: Sequence[EntityRecognizer] = ()

    def get_recognizers(self, *args: Any, **kwargs: Any) -> list[EntityRecognizer]:
        """The chosen recognizers, whatever is asked for."""
        return list(self.chosen)


def _hits(results: Iterable[Any]) -> list[Hit]:
    hits = {Hit(r.entity_type, r.start, r.end, round(float(r.score), 6)) for r in results}
    return sorted(hits, key=lambda hit: (hit.start, hit.end, hit.entity, hit.score))
