"""A signal ends a worker in time, whatever it waits for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from streams.worker.leaving import UNFINISHED_EXIT

STUCK = """
import asyncio, signal, sys, time
from streams.worker.leaving import Leaving

def stuck_loop():
    time.sleep(60)

async def deaf():
    # As Faust does: its own handler is asked too, and here never gets anywhere.
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: print("asked", flush=True))
    leaving.guard()
    print("up", flush=True)
    {work}

leaving = Leaving(list, leave_s=0.5, begin=lambda: print("told", flush=True))
leaving.watch_signals()
{before}
asyncio.run(deaf())
"""


@pytest.mark.parametrize(
    ("before", "work", "code"),
    [
        pytest.param("", "await asyncio.sleep(60)", UNFINISHED_EXIT, id="waits-for-ever"),
        pytest.param("", "stuck_loop()", UNFINISHED_EXIT, id="loop-is-stuck"),
        pytest.param("print('up', flush=True); time.sleep(60)", "", 0, id="waits-for-its-broker"),
    ],
)
def test_a_signal_ends_it(before: str, work: str, code: int) -> None:
    source = STUCK.format(before=before, work=work or "pass")
    with subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.terminate()
        assert process.wait(20) == code
        assert (b"told\n" in process.stdout.read()) == bool(code)


HUNG = """
import time
from streams.cli._process import stopped_by_signals

stop = stopped_by_signals({leave})
print("up", flush=True)
stop.wait()
{work}
"""


@pytest.mark.parametrize(
    ("work", "code"),
    [
        pytest.param("time.sleep(60)", UNFINISHED_EXIT, id="waits-for-a-dead-broker"),
        pytest.param("", 0, id="ends-by-itself"),
    ],
)
def test_a_signal_ends_the_other_processes_too(work: str, code: int) -> None:
    source = HUNG.format(leave=0.5, work=work)
    with subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.terminate()
        assert process.wait(20) == code
