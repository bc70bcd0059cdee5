"""What the pictures and the browser's tests show: three incidents, an hour of traffic."""

from __future__ import annotations

import random
from typing import Any

import msgspec

from streams.console.feed import Standing
from streams.console.progress import Progress
from streams.records import (
    Evidence,
    Incident,
    LogEntry,
    PageNote,
    Reckoning,
    RuleFigures,
    VerdictBatch,
    VerdictRow,
)
from tests.support.console import Room

_HASHES = [f"{number:04x}9c1f7be2a4d6" for number in range(40)]


def ungrounded(now: float) -> Incident:
    """Answers that their documents don't bear out, since a model version came."""
    began = now - 28 * 60
    evidence = [
        Evidence(
            topic="llm.outputs",
            partition=2,
            offset=184_220 + number * 7,
            record_id=f"chat-{5120 + number}",
            event_time=began + number * 95,
            signal="hallucination.ungrounded",
            score=score,
            kind="unsupported",
            reason=reason,
            excerpt=excerpt,
            user=_HASHES[number],
            tenant="acme",
            model_version="atlas-7b-2026-11-30",
        )
        for number, (score, reason, excerpt) in enumerate(
            (
                (0.97, "two sentences aren't in its documents",
                 "The warranty covers water damage for … years, and the … is free of charge."),
                (0.94, "a figure isn't in its documents",
                 "You can return it within … days, also when it was opened."),
                (0.91, "one sentence isn't in its documents",
                 "Our stores in … are open on … too."),
            )
        )
    ]  # fmt: skip
    return Incident(
        id="inc-5b1f0c9a77e2d431",
        page_key="inc-5b1f0c9a77e2d431",
        revision=6,
        change="updated",
        state="open",
        severity="high",
        playbook="hallucination-rate",
        title="Answers not borne out by their documents on support-bot: 42 % of answers",
        summary=(
            "At least 42 % of support-bot's answers within 5 min say what their documents don't;"
            " the limit is 30 %. It began within minutes of model version atlas-7b-2026-11-30."
        ),
        group={"deployment": "support-bot"},
        first_seen=began,
        last_seen=now - 40,
        window_seconds=300,
        rules=[
            RuleFigures(
                rule="hallucination-rate",
                condition="rate",
                signal="hallucination.ungrounded",
                value=0.42,
                threshold=0.30,
                records=310,
                above=148,
                window_start=now - 340,
                window_end=now - 40,
            )
        ],
        started_by=evidence[0],
        started_note="model version atlas-7b-2026-11-30 came 2 min before",
        evidence=evidence,
        records_above=611,
        users=213,
        user_hashes=_HASHES,
        tenants=["acme", "globex"],
        model_versions=["atlas-7b-2026-11-30"],
        published_at=now - 30,
        reached=now - 30,
        log=[
            LogEntry(at=began + 300, what="opened: 33 % of 122 answers, the limit is 30 %"),
            LogEntry(at=began + 900, what="grew: 42 % of 310 answers"),
        ],
        severity_why="High: 213 users met it; critical from 500 users on.",
        reckoning=Reckoning(
            found="high",
            floor="low",
            rule="hallucination-rate",
            facts={"users": 213.0, "records": 611.0, "share": 0.42},
            limits={"critical": {"users": 500.0}, "high": {"users": 20.0}},
        ),
    )


def leaked(now: float) -> Incident:
    """A key in an answer."""
    at = now - 9 * 60
    one = Evidence(
        topic="llm.outputs",
        partition=0,
        offset=9_331,
        record_id="code-771",
        event_time=at,
        signal="secrets.aws_key",
        score=1.0,
        kind="AWS_KEY",
        reason="an access key with its check digits",
        excerpt="Set it in your profile: [AWS_KEY], then run the script again.",
        user=_HASHES[7],
        tenant="globex",
        model_version="coder-2",
    )
    return Incident(
        id="inc-0d44e1be90c2fa18",
        page_key="inc-0d44e1be90c2fa18",
        revision=1,
        change="opened",
        state="open",
        severity="critical",
        playbook="secret-leak",
        title="A secret in an answer of code-helper: AWS_KEY",
        summary="code-helper wrote what is an AWS access key into an answer.",
        group={"deployment": "code-helper"},
        first_seen=at,
        last_seen=at,
        window_seconds=60,
        rules=[
            RuleFigures(
                rule="secret-leak",
                condition="immediate",
                signal="secrets.aws_key",
                value=1.0,
                threshold=0.0,
                records=1,
                above=1,
                window_start=at - 30,
                window_end=at + 30,
            )
        ],
        started_by=one,
        evidence=[one],
        records_above=1,
        users=1,
        user_hashes=[_HASHES[7]],
        tenants=["globex"],
        model_versions=["coder-2"],
        published_at=at + 2,
        reached=at + 2,
        log=[LogEntry(at=at + 2, what="opened: one record is enough")],
        severity_why="Critical: a secret that works may be used at once.",
    )


def slow(now: float) -> Incident:
    """Refusals of harmless questions, which somebody is at."""
    one = ungrounded(now)
    return msgspec.structs.replace(
        one,
        id="inc-c3170a5e44b90d26",
        page_key="inc-c3170a5e44b90d26",
        state="acknowledged",
        severity="low",
        playbook="over-refusal",
        title="Harmless questions refused on travel-bot: 12 % of answers",
        summary="travel-bot refuses 12 % of harmless questions within an hour; the limit is 8 %.",
        group={"deployment": "travel-bot"},
        first_seen=now - 4 * 3600,
        rules=[
            RuleFigures(
                rule="over-refusal",
                condition="rate",
                signal="refusal.full",
                value=0.12,
                threshold=0.08,
                records=800,
                above=102,
                window_start=now - 3600,
                window_end=now,
            )
        ],
        assignee="bo",
        users=91,
        evidence=[],
        started_by=None,
        started_note="",
    )


def traffic(now: float, minutes: int = 75) -> list[VerdictBatch]:
    """An hour and more of three deployments; the first gets worse with a new version."""
    chance = random.Random(7)
    batches = []
    offset = 0
    for minute in range(minutes):
        at = now - (minutes - minute) * 60
        since = (at - (now - 30 * 60)) / 60
        worse = min(0.46, 0.06 + max(0.0, since) * 0.035)
        for deployment, signal, rate, number in (
            ("support-bot", "hallucination.ungrounded", worse, 60),
            ("travel-bot", "refusal.full", 0.11, 14),
            ("code-helper", "secrets.aws_key", 0.0, 22),
        ):
            version = "atlas-7b-2026-11-30" if since > 0 else "atlas-7b-2026-11-02"
            rows = []
            for _ in range(number):
                offset += 1
                above = chance.random() < rate
                value = chance.uniform(0.55, 0.99) if above else chance.uniform(0.01, 0.45)
                rows.append(
                    VerdictRow(
                        offset=offset,
                        record_id=f"chat-{offset}",
                        event_time=at + chance.random() * 59,
                        scores={signal: round(value, 4)},
                        conversation_id=f"talk-{offset // 4}",
                        user=chance.choice(_HASHES),
                        model_version=version if deployment == "support-bot" else "coder-2",
                        excerpt="An ordinary answer about a return, a route or a function.",
                    )
                )
            leak = now - 9 * 60
            if deployment == "code-helper" and at <= leak < at + 60:
                rows[3].scores = {signal: 1.0}
            batches.append(
                VerdictBatch(
                    deployment=deployment,
                    topic="llm.outputs",
                    partition=0,
                    first_offset=rows[0].offset,
                    last_offset=rows[-1].offset,
                    rows=rows,
                    judged=[[signal, "toxicity.toxicity", "pii.any"]],
                    scored_at=at + 60,
                )
            )
    return batches


def fill(made: Room, now: float) -> None:
    """Puts all of it into a console's store."""
    at = ("llm.outputs", 0)
    made.standing = Standing(behind=0, progress=Progress({at: 1}, now, {at: 13}, 0, 12))
    made.put(*traffic(now), ungrounded(now), leaked(now), slow(now))


def note(now: float, **fields: Any) -> PageNote:
    """A note of the pager's about the first incident."""
    one = ungrounded(now)
    return PageNote(kind="step", page_key=one.page_key, incident=one.id, at=now - 900, **fields)
