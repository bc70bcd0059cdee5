"""Which scores are results: of signals that judge a record, with the threshold of each."""

from __future__ import annotations

from streams.config.settings import Settings
from streams.records import VerdictRow
from streams.scoring.signals import chosen_detectors, create_detector


class Judging:
    """The signals that judge single records. Features describe them only, and are left out.

    `only_above` leaves out scores that aren't above it; None keeps every score above 0.
    """

    def __init__(
        self,
        thresholds: dict[str, float],
        features: frozenset[str] = frozenset(),
        only_above: float | None = None,
    ) -> None:
        self._thresholds = thresholds
        self._features = features
        self._only_above = only_above

    @classmethod
    def from_settings(cls, settings: Settings) -> Judging:
        """By the configured detectors. Raises `UsageError` for one that can't be made."""
        signals = [
            signal
            for name in chosen_detectors(settings)
            for signal in create_detector(settings, name).signals
        ]
        return cls(
            {signal.name: signal.threshold for signal in signals if not signal.feature},
            frozenset(signal.name for signal in signals if signal.feature),
            settings.results.only_above,
        )

    def scores(self, row: VerdictRow) -> dict[str, float]:
        """The row's scores that are results, highest first."""
        lowest = self._only_above or 0.0
        chosen = {
            name: score
            for name, score in row.scores.items()
            if score > lowest and name not in self._features
        }
        return dict(sorted(chosen.items(), key=lambda item: (-item[1], item[0])))

    def wanted(self, row: VerdictRow) -> bool:
        """Whether a row is sent at all."""
        return self._only_above is None or bool(self.scores(row))

    def label(self, signal: str, score: float) -> str | None:
        """`fail` above the signal's threshold, `pass` below; None for a signal unknown here."""
        threshold = self._thresholds.get(signal)
        if threshold is None:
            return None
        return "fail" if score > threshold else "pass"
