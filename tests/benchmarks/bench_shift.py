"""How often `shift` is wrong, and how soon it is right: `python -m tests.benchmarks.bench_shift`.

On drawn scores (`tests/support/shifted.py`); no detector has a part in it.
"""

from __future__ import annotations

import numpy as np

from tests.support.shifted import (
    FAMILIES,
    ONCE_IN,
    answers_until,
    best_until,
    false_alarms,
    trend_until,
)

_BASELINES = (100, 500, 2000, 5000)


def main() -> None:
    """Print all figures."""
    rng = np.random.default_rng(1)
    streams, answers = 500, 20_000
    print(f"False alarms per {ONCE_IN:,} ordinary answers, by records in the baseline")
    print(f"({streams} baselines each, {streams * answers:,} answers)\n")
    print(f"{'':12}" + "".join(f"{records:>8,}" for records in _BASELINES))
    for name, family in FAMILIES.items():
        rates = [
            false_alarms(rng, family, records, streams, answers) * ONCE_IN / (streams * answers)
            for records in _BASELINES
        ]
        print(f"{name:12}" + "".join(f"{rate:8.2f}" for rate in rates), flush=True)
    print("\nAnswers until it opens, AUROC 0.9 and 30 % of answers moved:")
    print("median / 90th percentile / share found within 40\n")
    print(f"{'':12}" + "".join(f"{records:>18,}" for records in _BASELINES) + f"{'at best':>18}")
    for name, family in FAMILIES.items():
        found = [answers_until(rng, family, records, 2000) for records in _BASELINES]
        found.append(best_until(rng, family, 2000))
        print(f"{name:12}" + "".join(_shown(one) for one in found), flush=True)
    print("\nA trend over 600 answers, found at answer: median / 90th percentile / within 200\n")
    found = [trend_until(rng, records, 2000) for records in _BASELINES]
    print(f"{'':12}" + "".join(_shown(one, 200) for one in found))


def _shown(found: np.ndarray, soon: int = 40) -> str:
    within = f"{(found <= soon).mean():.1%}"
    return f"{np.median(found):8.0f} /{np.quantile(found, 0.9):4.0f}{within:>6}".rjust(18)


if __name__ == "__main__":
    main()
