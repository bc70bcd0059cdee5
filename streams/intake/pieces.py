"""The elements of a batch, with the pieces of each streamed answer together.

A streamed answer that is kept as it came is a list of its chunks or events, in one message. Its
pieces follow each other; several answers may.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from streams.intake import registry
from streams.intake.formats import Piece
from streams.intake.registry import AUTO, NATIVE

_Asked = tuple[str, Callable[[Any], Piece | None]]


class Element(msgspec.Struct):
    """An element of a batch, by its number there. `format` is "" unless `data` are the pieces of
    a streamed answer in that format, of which there then are several."""

    number: int
    data: Any
    format: str = ""


def together(elements: list[Any], form: str) -> list[Element]:
    """The elements in their order; `form` is the format they are declared to be in, or `auto`.
    A piece that stands alone is an element like any other. Raises nothing."""
    asked = list(_asked(form))
    joined: list[Element] = []
    before: Piece | None = None
    last = ""
    for number, element in enumerate(elements):
        name, piece = _piece(element, asked)
        if piece is not None and before is not None and name == last and _goes_on(before, piece):
            group = joined[-1]
            if not group.format:
                group.data, group.format = [group.data], name
            group.data.append(element)
            piece = msgspec.structs.replace(piece, stream=piece.stream or before.stream)
        else:
            joined.append(Element(number, element))
        before, last = piece, name
    return joined


def _goes_on(before: Piece, piece: Piece) -> bool:
    if piece.first or (before.stream and piece.stream and before.stream != piece.stream):
        return False
    if piece.stream and before.stream:
        return True
    return not (before.last or _are_apart(before, piece))


def _are_apart(before: Piece, piece: Piece) -> bool:
    """Whether two pieces without a stream's name are of different ones."""
    if before.model and piece.model and before.model != piece.model:
        return True
    return (
        before.seconds is not None and piece.seconds is not None and piece.seconds < before.seconds
    )


def _piece(element: Any, asked: list[_Asked]) -> tuple[str, Piece | None]:
    if not isinstance(element, dict) or "record_id" in element:
        return "", None
    for position, (name, ask) in enumerate(asked):
        # What can't be told here is read as a message of its own, which names what is wrong.
        with contextlib.suppress(Exception):
            piece = ask(element)
            if piece is not None:
                # What follows most likely is another of its kind.
                asked.insert(0, asked.pop(position))
                return name, piece
    return "", None


def _asked(form: str) -> Iterator[_Asked]:
    for name in registry.names() if form == AUTO else (form,):
        ask = None
        # A format that can't be imported says so where a message is shown to it.
        with contextlib.suppress(Exception):
            ask = registry.piece_of(name) if name != NATIVE else None
        if ask is not None:
            yield name, ask
