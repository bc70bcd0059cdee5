"""The console with many incidents and many who listen.

    python -m tests.benchmarks.bench_console [--incidents 10000] [--streams 200] [--seconds 600]

Prints the time and the size of the first page, and the memory of the process while so many event
streams are open and an incident changes five times a second; each stream must hear all of it.
The streams are read by another process.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psutil

from tests.browser.sample import fill, ungrounded
from tests.browser.served import served

_EVERY_S = 0.2


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--listen", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.listen:
        _listen(given.listen, given.streams)
        return
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (room, address):
        now = time.time()
        fill(room, now)
        one = ungrounded(now)
        severities = ("critical", "high", "low")
        for start in range(0, given.incidents, 500):
            room.put(
                *(
                    msgspec.structs.replace(
                        one,
                        id=f"inc-{number:08}",
                        page_key=f"inc-{number:08}",
                        severity=severities[number % 3],
                        last_seen=now - number,
                    )
                    for number in range(start, min(start + 500, given.incidents))
                )
            )
        _first_page(address, given.incidents)
        if given.streams:
            _streams(room, one, address, given.streams, given.seconds)


def _first_page(address: str, incidents: int) -> None:
    taken = []
    for _ in range(30):
        began = time.perf_counter()
        answer = httpx.get(address)
        taken.append((time.perf_counter() - began) * 1000)
    print(
        f"first page with {incidents:,} open incidents: median {statistics.median(taken):.0f} ms,"
        f" worst {max(taken):.0f} ms, {len(answer.content) / 1000:.0f} kB"
    )


def _streams(room: Any, one: Any, address: str, streams: int, seconds: float) -> None:
    listening = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.bench_console", "--listen", address,
         "--streams", str(streams)],
        stdout=subprocess.PIPE, env=os.environ | {"PYTHONWARNINGS": "ignore"}, text=True,
    )  # fmt: skip
    while room.hub.listeners < streams:
        assert listening.poll() is None, "the listeners ended"
        time.sleep(0.1)
    process = psutil.Process()
    end = time.monotonic() + seconds
    told = 0
    seen: list[float] = []
    next_look = 0.0
    while time.monotonic() < end:
        told += 1
        room.put(msgspec.structs.replace(one, revision=100 + told))
        if time.monotonic() >= next_look:
            next_look = time.monotonic() + seconds / 10
            seen.append(process.memory_info().rss / 1e6)
            print(f"{room.hub.listeners} streams, {told:,} events: {seen[-1]:.0f} MB", flush=True)
        time.sleep(_EVERY_S)
    room.put(msgspec.structs.replace(one, id="inc-last", page_key="inc-last"))
    heard = listening.communicate(timeout=120)[0].split()
    counts = sorted(int(count) for count in heard)
    print(
        f"{told + 1:,} events told; heard by each of {len(counts)} streams: {counts[0]:,} to"
        f" {counts[-1]:,}; memory {seen[1]:.0f} MB after a tenth, {seen[-1]:.0f} MB at the end"
    )


def _listen(address: str, streams: int) -> None:
    host, port = address.removeprefix("http://").split(":")
    counts = [0] * streams

    def hear(number: int) -> None:
        with socket.create_connection((host, int(port))) as stream:
            stream.sendall(f"GET /events HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            tail = b""
            while chunk := stream.recv(65_536):
                tail += chunk
                *whole, tail = tail.split(b"\n")
                counts[number] += sum(line.startswith(b"id: ") for line in whole)
                if b"data: inc-last" in chunk:
                    return

    threads = [threading.Thread(target=hear, args=(number,)) for number in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("\n".join(map(str, counts)))


if __name__ == "__main__":
    main()
