"""Words of the trade, and what each means to somebody who has to decide."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from streams.config.yamlfile import convert, parse_yaml
from streams.errors import ConfigError
from streams.incidents.statements.kinds import Kind, kinds


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One word: what it `means`, what that is `for_us`, what to `ask` the team, and what to `say`
    in its place."""

    term: str
    means: str
    for_us: str
    ask: str
    say: str
    known_as: tuple[str, ...] = ()


class _Glossary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    terms: tuple[Term, ...]


@cache
def glossary() -> Mapping[str, Term]:
    """All terms by their names."""
    text = (files("streams.incidents.statements") / "glossary.yaml").read_text("utf-8")
    read = convert(parse_yaml(text, "glossary.yaml", ConfigError), _Glossary, ConfigError)
    return {one.term: one for one in read.terms}


def term_named(word: str) -> Term | None:
    """The term of a word, or of another word for it; None for one that isn't there."""
    plain = _plain(word)
    for one in glossary().values():
        if plain in map(_plain, (one.term, *one.known_as)):
            return one
    return None


def kind_named(word: str) -> tuple[str, Kind] | None:
    """The kind of incident of a word, or of what people call it; None for one that isn't there."""
    plain = _plain(word)
    for name, one in kinds().items():
        if plain in map(_plain, (name, one.title, *one.known_as)):
            return name, one
    return None


def known_words() -> list[str]:
    """All words that are explained."""
    terms = [word for one in glossary().values() for word in (one.term, *one.known_as)]
    return [*terms, *(word for name, one in kinds().items() for word in (name, *one.known_as))]


def _plain(word: str) -> str:
    return " ".join(word.casefold().replace("-", " ").replace("_", " ").split())
