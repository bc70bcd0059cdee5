"""How outwatch was configured, and what of it ran: for evidence, without anything secret."""

from __future__ import annotations

import platform
import re
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any, Final

import msgspec

import detectors
from streams.config.settings import Settings

MASKED: Final = "▒"
"""Stands for a value that is secret, or could be."""

_SECRET = re.compile(r"password|secret|token|key|url|credential", re.IGNORECASE)
_OPEN = frozenset({"type", "roles", "severities", "deployments", "format"})
_PACKAGES = ("faust-streaming", "kafka-python", "aiokafka", "msgspec", "presidio-analyzer", "numpy")
_PACKAGES_TOO = ("onnxruntime", "spacy", "detoxify", "torch", "pyrage")


def masked_settings(settings: Settings) -> dict[str, Any]:
    """All settings, with what is secret or could be masked: by its name, and all that receivers
    and detectors are given but for kinds, roles, numbers and switches.

    >>> masked_settings(Settings(hash_key="a key of sixteen"))["hash_key"]
    '▒'
    """
    shown: dict[str, Any] = _masked(msgspec.to_builtins(settings), free=False)
    shown["pager"]["receivers"] = _masked(settings.pager.receivers, free=True)
    shown["detector_options"] = _masked(settings.detector_options, free=True)
    return shown


def versions() -> dict[str, Any]:
    """What ran: outwatch, Python, the packages that matter, and SHA-256 of the models."""
    packages = {}
    for name in (*_PACKAGES, *_PACKAGES_TOO):
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            continue
    models = {
        one.name.removesuffix(".sha256"): one.read_text("utf-8").split()[0]
        for one in files("detectors").joinpath("models").iterdir()
        if one.name.endswith(".sha256")
    }
    return {
        "outwatch": detectors.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "detectors": sorted(detectors.available()),
        "packages": packages,
        "models": dict(sorted(models.items())),
    }


def _masked(value: Any, *, free: bool, name: str = "") -> Any:
    """A value without what is secret; in a `free` one, any text could be."""
    if isinstance(value, dict):
        return {key: _masked(inner, free=free, name=str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(inner, free=free, name=name) for inner in value]
    if value in (None, "") or isinstance(value, bool | int | float):
        return value
    if _SECRET.search(name) or (free and name not in _OPEN):
        return MASKED
    return value
