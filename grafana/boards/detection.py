"""Detectors: what they say, what answers, how long it takes, and what cheap tiers let slip."""

from __future__ import annotations

from typing import Any

from grafana.panels import (
    ANSWERS_A_SECOND,
    INSTANCE,
    JOB,
    RECORDS_A_SECOND,
    TARGETS,
    Query,
    Variable,
    graph,
    heat,
    page,
    rate,
)

_DETECTOR = Variable(
    "detector",
    "Detector",
    f"label_values(outwatch_detector_seconds_total{{{TARGETS}}}, detector)",
    meaning="One of the loaded detectors",
)
_SIGNAL = Variable(
    "signal",
    "Signal",
    f"label_values(outwatch_score_count{{{TARGETS}}}, signal)",
    meaning="What detectors judge",
)
_MINE = 'detector=~"$detector"'
_CHOSEN = 'signal=~"$signal"'


def build() -> dict[str, Any]:
    """The dashboard as JSON values."""
    scored = f"scalar({rate('outwatch_records_total', 'outcome', _outcome('scored'))})"
    scores = [
        heat(
            "Scores",
            "How many records had which score, over the chosen signals; scores of 0 are in the"
            " lowest bucket",
            "percentunit",
            Query(
                f"sum by (le) (increase(outwatch_score_bucket{{{TARGETS}, {_CHOSEN}}}"
                "[$__rate_interval]))",
                "{{le}}",
            ),
        ),
        graph(
            "Mean score",
            "Of the records on which the signal was judged; signals that never rise above 0 are"
            " left out",
            "percentunit",
            Query(
                f"{rate('outwatch_score_sum', 'signal', _CHOSEN)}"
                f" / {rate('outwatch_score_count', 'signal', _CHOSEN)} > 0",
                "{{signal}}",
            ),
        ),
        graph(
            "Share above 0.5",
            "Of the records on which the signal was judged",
            "percentunit",
            Query(
                f"1 - {rate('outwatch_score_bucket', 'signal', _le('0.5'))}"
                f" / {rate('outwatch_score_count', 'signal', _CHOSEN)} > 0",
                "{{signal}}",
            ),
        ),
        graph(
            "Records judged",
            "A signal that falls to 0 is no longer judged",
            RECORDS_A_SECOND,
            Query(f"topk(10, {rate('outwatch_score_count', 'signal', _CHOSEN)})", "{{signal}}"),
        ),
    ]
    health = [
        graph(
            "Time per record",
            "Of the scoring processes, by detector; all records count, also those a detector"
            " doesn't judge",
            "s",
            Query(
                f"{rate('outwatch_detector_seconds_total', 'detector', _MINE)} / {scored}",
                "{{detector}}",
            ),
            stacked=True,
        ),
        graph(
            "Failures",
            "Share of records on which a detector failed; their other scores stand",
            "percentunit",
            Query(
                f"{rate('outwatch_detector_errors_total', 'detector', _MINE)} / {scored}",
                "{{detector}}",
            ),
            limit=0.01,
        ),
        graph(
            "Answers by backend",
            "Which model answered; a fallback shows as a change",
            ANSWERS_A_SECOND,
            Query(
                rate("outwatch_detector_answers_total", "detector, backend", _MINE),
                "{{detector}} {{backend}}",
            ),
            stacked=True,
        ),
        graph(
            "Share of the main backend",
            "Of a detector's answers, those by the backend that answers most often",
            "percentunit",
            Query(
                "max by (detector) ("
                + rate("outwatch_detector_answers_total", "detector, backend", _MINE)
                + ") / "
                + rate("outwatch_detector_answers_total", "detector", _MINE),
                "{{detector}}",
            ),
        ),
    ]
    tiers = [
        graph(
            "Settled by the tier",
            "Share of the records a tier saw that it answered itself",
            "percentunit",
            Query(
                rate(
                    "outwatch_tier_records_total",
                    "detector, tier",
                    f"{_MINE}, {_outcome('settled')}",
                )
                + " / "
                + rate(
                    "outwatch_tier_records_total",
                    "detector, tier",
                    f'{_MINE}, outcome=~"settled|passed"',
                ),
                "{{detector}} {{tier}}",
            ),
        ),
        graph(
            "Agreement with the last tier",
            "Of the settled records that the last tier judged too, the share on which it did not"
            " find what the tier missed; 1 minus this is the recall lost",
            "percentunit",
            Query(
                "1 - "
                + rate(
                    "outwatch_tier_records_total",
                    "detector, tier",
                    f"{_MINE}, {_outcome('missed')}",
                )
                + " / "
                + rate(
                    "outwatch_tier_records_total",
                    "detector, tier",
                    f"{_MINE}, {_outcome('audited')}",
                ),
                "{{detector}} {{tier}}",
            ),
            lowest=None,
        ),
        graph(
            "Time by tier",
            "Seconds of scoring per second",
            "s",
            Query(
                rate("outwatch_tier_seconds_total", "detector, tier", _MINE),
                "{{detector}} {{tier}}",
            ),
            stacked=True,
            span=24,
        ),
    ]
    return page(
        "outwatch-detectors",
        "outwatch / Detectors",
        "What detectors say, what answers for them, their time, and what cheap tiers let slip.",
        [JOB, INSTANCE, _DETECTOR, _SIGNAL],
        {"Scores": scores, "Health": health, "Tiers": tiers},
    )


def _outcome(outcome: str) -> str:
    return f'outcome="{outcome}"'


def _le(bound: str) -> str:
    return f'{_CHOSEN}, le="{bound}"'
