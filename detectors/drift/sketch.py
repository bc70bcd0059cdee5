"""A mergeable summary of the values that one signal took."""

from __future__ import annotations

import msgspec

BINS = 20


def _no_counts() -> list[int]:
    return [0] * BINS


class Sketch(msgspec.Struct, array_like=True):
    """How often a signal's values fell into each twentieth of [0, 1], and their moments.

    `total` and `squares` are the sums of the values and of their squares. Merging adds
    everything up, so counts and `n` don't depend on the order in which sketches are merged
    (the two sums only up to rounding).
    """

    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    counts: list[int] = msgspec.field(default_factory=_no_counts)

    def __post_init__(self) -> None:
        if len(self.counts) != BINS:
            raise ValueError(f"a sketch has {BINS} counts, not {len(self.counts)}")
        if min(self.counts) < 0 or sum(self.counts) != self.n:
            raise ValueError("the counts of a sketch add up to n and are not negative")

    def add(self, value: float, n: int = 1) -> None:
        """Counts a value in [0, 1] `n` times. Raises `ValueError` for any other value."""
        if not 0.0 <= value <= 1.0:
            raise ValueError("a sketched value is in [0, 1]")
        if n < 0:
            raise ValueError("a value is not counted a negative number of times")
        self.n += n
        self.total += n * value
        self.squares += n * value * value
        self.counts[min(BINS - 1, int(value * BINS))] += n

    def merge(self, other: Sketch) -> Sketch:
        """A new sketch of the values of both."""
        return Sketch(
            self.n + other.n,
            self.total + other.total,
            self.squares + other.squares,
            [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)],
        )

    @property
    def mean(self) -> float:
        """Mean of the values; 0 for none."""
        return self.total / self.n if self.n else 0.0
