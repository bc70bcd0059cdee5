"""How to install what is missing beside the outwatch that runs."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from typing import Final

CONSOLE: Final = (
    "itsdangerous", "jinja2", "python_multipart", "sse_starlette", "starlette", "uvicorn",
)  # fmt: skip
"""The packages of the console's extra, as they are imported."""


EVIDENCE: Final = ("pyrage",)
"""Those of the extra that seals evidence."""


def pip_install(*packages: str) -> str:
    """A shell command that installs packages for this interpreter, whatever `pip` is on the path.

    An extra, such as `outwatch[ner]`, is that of the outwatch installed here.
    """
    return shlex.join([sys.executable or "python3", "-m", "pip", "install", *packages])


def missing(packages: tuple[str, ...]) -> list[str]:
    """Those packages that aren't installed."""
    return [name for name in packages if importlib.util.find_spec(name) is None]
