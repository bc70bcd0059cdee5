"""Frozen baselines: what a deployment's answers look like when all is well."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from detectors.drift import Baseline, Sketch, baseline_from_json, baseline_to_json
from streams.config.paths import shown_path
from streams.config.settings import Settings
from streams.errors import ConfigError, UsageError
from streams.files import write_whole
from streams.records import VerdictBatch
from streams.rules.levels import LEVELS, level_of
from streams.words import count

MIN_RECORDS = 100
"""Below this, chance alone moves a distribution as much as a new model does."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def load_baselines(settings: Settings) -> dict[str, Baseline]:
    """Baselines by deployment, from the folder that `baselines` names; none where it is "".

    Raises `ConfigError` for a folder or file that can't be read, and for two files of one
    deployment.
    """
    if not settings.baselines:
        return {}
    folder = Path(settings.baselines).expanduser()
    if not folder.is_dir():
        name = shown_path(folder, "what `baselines` (OUTWATCH_BASELINES) names")
        raise ConfigError(
            name, None, "is no folder", "Make it, or leave `baselines` out of the configuration"
        )
    found: dict[str, Baseline] = {}
    places: dict[str, Path] = {}
    for path in sorted(folder.glob("*.json")):
        baseline = _read(path)
        if baseline.deployment in found:
            other = places[baseline.deployment].name
            raise ConfigError(
                path,
                None,
                f"is a second baseline of one deployment, beside {other}",
                "Keep one of the two",
            )
        found[baseline.deployment] = baseline
        places[baseline.deployment] = path
    return found


def _read(path: Path) -> Baseline:
    try:
        baseline = baseline_from_json(path.read_bytes())
    except OSError as failure:
        problem = f"can't be read ({failure.strerror or type(failure).__name__})"
        raise ConfigError(path, None, problem, "Check its permissions") from failure
    except (msgspec.DecodeError, UnicodeDecodeError) as failure:
        raise ConfigError(
            path,
            None,
            f"is not a baseline ({failure})",
            "Make it anew with `outwatch baseline`, or take it out of the folder",
        ) from failure
    return baseline


def freeze(
    batches: Iterable[VerdictBatch],
    deployment: str,
    created: float,
    model_version: str | None = None,
) -> Baseline:
    """A baseline from the verdicts on a deployment's records; other deployments' are left out.

    `model_version` keeps only that version's records. Raises `UsageError` for records of
    several versions without it, and for fewer than 100 records.
    """
    sketches: dict[str, Sketch] = {}
    levels: dict[str, list[int]] = {}
    versions: Counter[str] = Counter()
    for batch in batches:
        if batch.deployment != deployment:
            continue
        for row in batch.rows:
            version = row.model_version or ""
            if model_version is not None and version != model_version:
                continue
            versions[version] += 1
            for signal in batch.judged[row.judged]:
                score = row.scores.get(signal, 0.0)
                sketches.setdefault(signal, Sketch()).add(score)
                levels.setdefault(signal, [0] * LEVELS)[level_of(score)] += 1
    if len(versions) > 1:
        named = ", ".join(sorted(version or "(none)" for version in versions))
        raise UsageError(
            f"the records come from {len(versions)} model versions: {named}. Choose one with"
            " --model-version"
        )
    records = versions.total()
    if records < MIN_RECORDS:
        raise UsageError(
            f"{count(records, 'record')} of {deployment} can't make a baseline. Give at least"
            f" {MIN_RECORDS}"
        )
    (version,) = versions
    return Baseline(
        deployment=deployment,
        model_version=version,
        records=records,
        created=created,
        sketches=sketches,
        levels=levels,
    )


def baseline_path(folder: Path, deployment: str) -> Path:
    """Where the baseline of a deployment belongs in a folder."""
    safe = _UNSAFE.sub("_", deployment)
    if safe != deployment or safe.startswith("."):
        safe = (
            f"{safe.lstrip('.')}-{hashlib.blake2b(deployment.encode(), digest_size=4).hexdigest()}"
        )
    return folder / f"{safe}.json"


def save_baseline(baseline: Baseline, folder: Path) -> Path:
    """Writes a baseline into a folder, in place of an older one; where. Raises `UsageError`."""
    path = baseline_path(folder, baseline.deployment)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, baseline_to_json(baseline))
    except OSError as failure:
        problem = failure.strerror or type(failure).__name__
        raise UsageError(f"{path}: can't be written ({problem}). Name another --out") from failure
    return path
