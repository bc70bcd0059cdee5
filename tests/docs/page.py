"""Runs the blocks of a page as a reader would, in a folder and on a Kafka of the page's own."""

from __future__ import annotations

import calendar
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.docs.blocks import Block

_BASH = shutil.which("bash") or "/bin/bash"
# Hashes and identifiers, times, and numbers with their separators.
_NUMBER = re.compile(r"\b[0-9a-f]{8,}\b|\d[\d:.,]*\d|\d")
# A page is read in other months than it was written in.
_MONTH = re.compile(rf"\b(?:{'|'.join(calendar.month_name[1:])})\b")
_LIMIT_S = 180.0
_PATIENCE_S = 240.0


class PageFailed(AssertionError):
    """A block didn't do what its page says."""


class Page:
    """One page's shell: a folder, variables, and whatever was left running.

    `stands_for` maps addresses as readers see them to those of this run.
    """

    def __init__(
        self, folder: Path, environ: Mapping[str, str], stands_for: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self._stands_for = dict(stands_for)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("OUTWATCH_")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        self._environ = {**kept, "PATH": path, "HOME": str(folder), **environ}
        self._output = ""
        self._running: list[tuple[subprocess.Popen[bytes], Path]] = []

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        for process, _log in reversed(self._running):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(240)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def do(self, block: Block) -> None:
        """Does what a block and its comment say. Raises `PageFailed`."""
        text = self._real(block.text)
        match block.does:
            case "skip":
                pass
            case "file":
                target = self.folder / block.argument
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, "utf-8")
            case "output":
                self._expect(block, self._output)
            case "eventually":
                self._eventually(block)
            case "background":
                self._start(block, text)
            case _:
                self._run(block, text)

    def _real(self, text: str) -> str:
        for shown, real in self._stands_for.items():
            text = text.replace(shown, real)
        return text

    def _command(self, block: Block, text: str) -> list[str]:
        script = self.folder / f".block-{block.line}.{block.language}"
        script.write_text(text, "utf-8")
        if block.language == "python":
            return [sys.executable, str(script)]
        return [_BASH, "-euo", "pipefail", str(script)]

    def _run(self, block: Block, text: str) -> None:
        done = subprocess.run(
            self._command(block, text),
            cwd=self.folder,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_LIMIT_S,
            check=False,
        )
        self._output = done.stdout.decode("utf-8", "replace")
        if (done.returncode != 0) != (block.does == "fails"):
            raise PageFailed(f"{block.place} ended with {done.returncode}:\n{self._output[-3000:]}")

    def _start(self, block: Block, text: str) -> None:
        log = self.folder / f".block-{block.line}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                self._command(block, text),
                cwd=self.folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append((process, log))
        awaited = self._real(block.argument)
        deadline = time.monotonic() + _PATIENCE_S
        while not (_answers(awaited) if awaited.startswith("http") else awaited in _read(log)):
            if process.poll() is not None or time.monotonic() > deadline:
                raise PageFailed(f"{block.place} didn't come up:\n{_read(log)[-3000:]}")
            time.sleep(0.2)

    def _eventually(self, block: Block) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                self._expect(block, "\n".join(_read(log) for _, log in self._running))
            except PageFailed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
            else:
                return

    def _expect(self, block: Block, output: str) -> None:
        alike = _alike if block.argument == "like" else str
        waiting = iter(alike(output).splitlines())
        for line in filter(str.strip, alike(self._real(block.text)).splitlines()):
            pattern = ".*".join(re.escape(part.strip()) for part in line.split("…"))
            if not any(re.fullmatch(rf"\s*{pattern}\s*", candidate) for candidate in waiting):
                raise PageFailed(
                    f"{block.place}: this line is not, or not in this order, in what came out:\n"
                    f"{line}\n--- what came out:\n{output[-4000:]}"
                )


def _alike(text: str) -> str:
    return _MONTH.sub("Month", _NUMBER.sub("0", text))


def _read(log: Path) -> str:
    return log.read_text("utf-8", "replace")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
