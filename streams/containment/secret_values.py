"""Secrets of actions: read when they are needed, shown nowhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from streams.containment.action import Action
from streams.errors import UsageError

_LONGEST = 64 * 1024

MASK = "▒"
"""Stands for a secret wherever what is sent is shown."""


class MissingSecret(UsageError):
    """A secret isn't where the actions file says; the message names the place, never a value."""


def read_secrets(action: Action, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The secrets of an action by name. Raises `MissingSecret` for the first that isn't there."""
    environ = os.environ if environ is None else environ
    found = {}
    for name, place in action.secrets.items():
        if place.env:
            text = environ.get(place.env, "").strip()
            if not text:
                raise MissingSecret(
                    f"the secret `{name}` of {action.name} is missing: the variable {place.env}"
                    " isn't set here"
                )
        else:
            text = _read(action.name, name, place.file)
        if not text.isprintable():
            raise MissingSecret(
                f"the secret `{name}` of {action.name} holds a line end or what can't be printed"
            )
        found[name] = text
    return found


def missing_secret(action: Action, environ: Mapping[str, str] | None = None) -> str:
    """Which secret of an action isn't here, in a sentence; "" where all are."""
    try:
        read_secrets(action, environ)
    except MissingSecret as missing:
        return str(missing)
    return ""


def _read(action: str, name: str, file: str) -> str:
    path = Path(file).expanduser()
    try:
        with path.open("rb") as opened:
            text = opened.read(_LONGEST).decode("utf-8").strip()
    except (OSError, ValueError) as failure:
        why = getattr(failure, "strerror", None) or type(failure).__name__
        raise MissingSecret(
            f"the secret `{name}` of {action} is missing: {path} can't be read ({why})"
        ) from None
    if not text:
        raise MissingSecret(f"the secret `{name}` of {action} is missing: {path} is empty")
    return text
