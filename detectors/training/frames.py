"""Sentences from frames and fillings, so that a model learns words rather than sentences."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

_SLOT = re.compile(r"\{(\w+)\}")


def lines(text: str) -> tuple[str, ...]:
    """The lines of a block that hold something."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def expand(
    frames: Sequence[str], fillings: Mapping[str, Sequence[str]], times: int, seed: int
) -> Iterator[tuple[str, str]]:
    """Each frame with up to `times` different fillings, as (sentence, frame).

    >>> sorted(text for text, _ in expand(["a {b}"], {"b": ["c", "d"]}, 9, seed=1))
    ['a c', 'a d']
    """
    for frame in frames:
        draw = random.Random(f"{seed} {frame}")
        fill = partial(_filled, draw, fillings)
        made = set()
        for _ in range(times if _SLOT.search(frame) else 1):
            text = _SLOT.sub(fill, frame)
            if text not in made:
                made.add(text)
                yield text, frame


def _filled(draw: random.Random, fillings: Mapping[str, Sequence[str]], slot: re.Match[str]) -> str:
    return draw.choice(fillings[slot[1]])
