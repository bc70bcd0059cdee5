"""A third party's detector for tests: does what the output of a record tells it to do."""

from __future__ import annotations

import os
import time

from detectors import Batch, Finding, Scores, Signal


class PoisonDetector:
    """Crashes, hangs, eats memory or raises on command; scores everything else."""

    name = "poison"
    signals = (Signal("poison.seen", "the text holds the word 'bad'"),)

    def load(self) -> None:
        """Nothing to load."""

    def score(self, batch: Batch) -> list[Scores]:
        """Obeys each record's output."""
        return [self._one(text) for text in batch.texts]

    def _one(self, text: str) -> Scores:
        if text.startswith("CRASH"):
            os._exit(13)
        if text.startswith("HANG"):
            time.sleep(3600)
        while text.startswith("SPIN"):
            text += ""
        if text.startswith("SLOW"):
            time.sleep(0.25)
        if text.startswith("EAT"):
            hoard = bytearray(8 * 1024**3)
            return Scores({"poison.seen": float(len(hoard) > 0)})
        if text.startswith("RAISE"):
            raise RuntimeError(f"cannot score {text}")
        at = text.find("bad")
        if at < 0:
            return Scores({"poison.seen": 0.0})
        finding = Finding("poison.seen", "bad", at, at + 3, "the word stands there", 0.9)
        return Scores({"poison.seen": 0.9}, (finding,), backend="words")
