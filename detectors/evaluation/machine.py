"""Which processor figures come from: its widest instructions decide about speed and rounding."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

_WIDEST: Final = ("amx_int8", "avx512_vnni", "avx_vnni", "avx512f", "avx2")


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name and its widest instructions for small numbers, for a person to read.

    >>> processor(Path("/nowhere")) == (platform.processor() or platform.machine())
    True
    """
    try:
        lines = cpuinfo.read_text("utf-8", "replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = {
        name.strip(): value.strip()
        for name, colon, value in (line.partition(":") for line in lines)
        if colon
    }
    name = facts.get("model name") or platform.processor() or platform.machine()
    flags = facts.get("flags", facts.get("Features", "")).split()
    widest = [flag for flag in _WIDEST if flag in flags][:2]
    return f"{name} ({', '.join(widest)})" if widest else name
