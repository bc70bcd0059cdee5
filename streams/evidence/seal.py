"""Seals a case: its files go through memory, one after the other, into an encrypted stream."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator

import msgspec

import detectors
from streams.config.settings import Settings
from streams.evidence.age import Counted, Writes, encrypt, recipients
from streams.evidence.archive import Packed
from streams.evidence.collect import Case, Collector
from streams.evidence.manifest import MANIFEST, Manifest, Member, instant, overall
from streams.records import Seal


class Sealed(msgspec.Struct, frozen=True):
    """What was sealed. `kept` says by topic how long it is still kept there, in words, and
    `unauthorised` whether Kafka refused any of it."""

    manifest: Manifest
    seal: Seal
    kept: dict[str, str]
    unauthorised: bool


def seal(
    settings: Settings,
    case: Case,
    keys: list[str],
    actor: str,
    target: Writes,
    now: Callable[[], float] = time.time,
) -> Sealed:
    """Collects a case and encrypts it to public keys, into `target`.

    What can't be had is told in the manifest. Raises `UsageError` for a key that is none and for
    rules that can't be read, and what writing raises.
    """
    to = recipients(keys)
    collector = Collector(settings, case)
    manifest = Manifest(
        incident_id=case.incident.id,
        script_version=detectors.__version__,
        requested_at=instant(now()),
        completed_at="",
        actor=actor,
        window_start=instant(case.start),
        window_end=instant(case.end),
        overall_status="failed",
        sealed_for=keys,
    )
    out = Counted(target)
    encrypt(Packed(_files(collector, manifest, now), now()), out, to)
    return Sealed(
        manifest,
        Seal(
            sha256=out.sha256,
            bytes=out.bytes,
            keys=len(keys),
            status=manifest.overall_status,
            parts={part.type: part.records_captured for part in manifest.types},
        ),
        collector.kept,
        collector.unauthorised,
    )


def _files(
    collector: Collector, manifest: Manifest, now: Callable[[], float]
) -> Iterator[tuple[str, bytes]]:
    for part, collect in collector.parts():
        part.started_at = instant(now())
        whole = hashlib.sha256()
        for name, data in collector.files(part, collect):
            digest = hashlib.sha256(data).hexdigest()
            part.files.append(Member(path=name, bytes=len(data), sha256=digest))
            whole.update(data)
            yield name, data
        part.sha256_hash = whole.hexdigest()
        part.completed_at = instant(now())
        manifest.types.append(part)
    manifest.overall_status = overall(manifest.types)
    manifest.completed_at = instant(now())
    yield MANIFEST, msgspec.json.format(msgspec.json.encode(manifest))
