"""The code blocks of a Markdown page, with what its comments say is to be done with them.

Directly above a block may stand a comment, invisible to readers:

- ``<!-- file: NAME -->``: the block is written to that file, in the page's folder
- ``<!-- background until TEXT -->``: started and left running until the page's end; the page
  goes on when its output holds TEXT, or, where TEXT is a URL, when that answers 200
- ``<!-- output -->``: not run; every line must stand in the output of the block run last, in
  order, where ``…`` stands for anything
- ``<!-- eventually -->``: as `output`, but of all that ran in the background, and with patience
- ``<!-- output like -->`` and ``<!-- eventually like -->``: numbers and hashes may be others
- ``<!-- fails -->``: run, and must end with another exit code than 0
- ``<!-- not run: WHY -->``: left alone; for what needs a machine that a test has not got
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_COMMENT = re.compile(r"<!--\s*(file|background until|output|eventually|fails|not run)\b:?(.*?)-->")
_RUN = frozenset({"sh", "python"})


@dataclass(frozen=True)
class Block:
    """One fenced block: `does` is file, background, output, eventually, fails, skip or run."""

    page: str
    line: int
    language: str
    text: str
    does: str
    argument: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


class BadPage(ValueError):
    """A block that nobody runs, checks or excuses, or a fence that never ends."""


def blocks(path: Path, name: str) -> list[Block]:
    """All blocks of a page. Raises `BadPage`."""
    found: list[Block] = []
    comment: tuple[str, str] | None = None
    lines = iter(enumerate(path.read_text("utf-8").splitlines(), 1))
    for number, line in lines:
        fence = re.fullmatch(r"( *)(```+)(\w*)\s*", line)
        if fence is None:
            match = _COMMENT.fullmatch(line.strip())
            if match:
                comment = (match[1], match[2].strip())
            elif line.strip():
                comment = None
            continue
        indent, ticks, language = fence.groups()
        body: list[str] = []
        for _, inside in lines:
            if inside.strip() == ticks:
                break
            body.append(inside.removeprefix(indent))
        else:
            raise BadPage(f"{name}:{number}: the block never ends")
        found.append(_block(name, number, language, "\n".join(body) + "\n", comment))
        comment = None
    return found


def _block(
    page: str, line: int, language: str, text: str, comment: tuple[str, str] | None
) -> Block:
    if comment is not None:
        kind, argument = comment
        does = {"background until": "background", "not run": "skip"}.get(kind, kind)
        if does in ("file", "background", "skip") and not argument:
            raise BadPage(f"{page}:{line}: <!-- {kind} --> needs a name, a text or a reason")
        return Block(page, line, language, text, does, argument)
    if language in _RUN:
        return Block(page, line, language, text, "run", "")
    raise BadPage(
        f"{page}:{line}: a {language or 'nameless'} block must be written to a file, checked as "
        "output, or excused with <!-- not run: why -->"
    )
