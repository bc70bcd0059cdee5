"""`outwatch explain`: what a word of the trade means, and what to tell people of a kind."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

import click

from streams.cli._say import say, say_json
from streams.cli._signals import rows_of, signal_names, signals_named
from streams.errors import UsageError
from streams.incidents.playbooks.reader import shipped
from streams.incidents.statements.glossary import (
    Term,
    glossary,
    kind_named,
    known_words,
    term_named,
)
from streams.incidents.statements.kinds import OTHER, Kind, kinds
from streams.incidents.statements.statement import holding
from streams.suggest import suggestion

_LABEL = 23
_WIDTH = 88
_ALL = "`outwatch explain` lists all that is"


@click.command("explain")
@click.argument("words", nargs=-1, metavar="[WORD]...")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def command(words: tuple[str, ...], as_json: bool) -> None:
    """Say what WORD means to somebody who has to decide, such as `temperature`.

    WORD may also be a kind of incident, or what people call it, such as `falls in love`: then it
    says why that matters, and what can be told the press before anything is known. Or a signal,
    such as `pii.any` or `threat.*`: then it says what that means, and which incidents it makes by
    the default rules. Without WORD it lists words and kinds; all signals are in docs/signals.md.
    """
    word = " ".join(words).strip()
    if not word:
        _list(as_json)
        return
    term, kind = term_named(word), kind_named(word)
    signals = signals_named(word) if "." in word else []
    if term is None and kind is None and not signals:
        known = signal_names() if "." in word else known_words()
        raise UsageError(f"{word!r} isn't explained here. {suggestion(word, known, _ALL)}")
    if as_json:
        say_json(
            {
                "term": term,
                "kind": {"name": kind[0], "holding": holding(kind[0]), **_told(kind[1])}
                if kind
                else None,
                "signals": signals,
            },
            indented=True,
        )
        return
    parts = [_term_text(term)] if term else []
    parts += [_kind_text(*kind)] if kind else []
    parts += [_text(f"{one.signal}: {one.meaning}", rows_of(one)) for one in signals]
    say("\n\n".join(parts))


def _list(as_json: bool) -> None:
    if as_json:
        say_json({"terms": list(glossary()), "kinds": [one for one in kinds() if one != OTHER]})
        return
    say("Words:")
    for term in glossary().values():
        say(_field(term.term, term.say))
    say("\nKinds of incidents:")
    for name, kind in kinds().items():
        if name != OTHER:
            say(_field(name, kind.title))


def _told(kind: Kind) -> dict[str, object]:
    return {name: getattr(kind, name) for name in ("title", "what", "risk", "advice", "decide")}


def _term_text(term: Term) -> str:
    rows = (("it means", term.means), ("for us", term.for_us), ("ask", term.ask), ("say", term.say))
    return _text(term.term, rows)


def _kind_text(name: str, kind: Kind) -> str:
    rows = [("it matters", kind.risk), ("to the press", holding(name))]
    rows += [("decide" if not number else "", one) for number, one in enumerate(kind.decide)]
    rows += [("never" if not number else "", one) for number, one in enumerate(kind.never)]
    rows.append(
        ("what to do", f"outwatch playbooks show {name if name in shipped().names() else kind.of}")
    )
    return _text(f"{name}: {kind.title}", rows)


def _text(title: str, rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join([title, *(_field(label, text) for label, text in rows)])


def _field(label: str, text: str) -> str:
    indent = " " * (_LABEL + 3)
    begin = f"  {label:<{_LABEL}} " if len(label) <= _LABEL else f"  {label}  "
    return textwrap.fill(text, _WIDTH, initial_indent=begin, subsequent_indent=indent)
