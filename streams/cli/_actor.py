"""Who acts on the command line."""

from __future__ import annotations

import getpass
import os

from streams.errors import UsageError


def actor() -> str:
    """Who acts: `OUTWATCH_ACTOR`, else the login. Raises `UsageError` where there is neither."""
    named = os.environ.get("OUTWATCH_ACTOR", "").strip()
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise UsageError("Nobody knows who acts: set OUTWATCH_ACTOR to your name") from None
