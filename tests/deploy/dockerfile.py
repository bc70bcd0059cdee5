"""Reads a Dockerfile into its instructions, as far as the tests need it."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def instructions(path: Path) -> list[tuple[str, str]]:
    """Instruction and argument of each logical line; comments left out, lines joined."""
    found: list[tuple[str, str]] = []
    kept = ""
    for line in path.read_text().splitlines():
        if line.lstrip().startswith("#") or not (kept or line.strip()):
            continue
        kept += line.rstrip()
        if kept.endswith("\\"):
            kept = kept[:-1] + " "
            continue
        name, _, argument = kept.strip().partition(" ")
        found.append((name.upper(), argument.strip()))
        kept = ""
    return found


def arguments(found: list[tuple[str, str]], name: str) -> list[str]:
    """The arguments of every instruction of one name."""
    return [argument for instruction, argument in found if instruction == name]


def exec_form(argument: str) -> list[str]:
    """The words of an instruction in exec form. Raises `ValueError` for the shell form."""
    words = json.loads(argument)
    if not (isinstance(words, list) and all(isinstance(word, str) for word in words)):
        raise ValueError(argument)
    return words
