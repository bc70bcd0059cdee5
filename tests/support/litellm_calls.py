"""Calls by LiteLLM's SDK with its answers made up, and outwatch's callback named as its proxy does.

Run as a program of its own: LiteLLM warns of much that tests take for errors.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from litellm.proxy.types_utils.utils import get_instance_fn

CALLS = 6


def main() -> int:
    """Six calls: whole, streamed and failed, each with the SDK's two interfaces."""
    callback = get_instance_fn("streams.clients.litellm_callback.callback")
    litellm.callbacks = [callback]
    started = [t.name for t in threading.enumerate()]
    call("whole", mock_response="kolibri, whole")
    for _ in call("streamed", mock_response="kolibri, streamed", stream=True):
        pass
    failed("failed")
    asyncio.run(asynchronous(callback.sender))
    callback.sender.close()
    print(f"sent {callback.sender.sent} dropped {callback.sender.dropped}")
    return int("outwatch-sender" in started)


def call(name: str, **options: Any) -> Any:
    """One call, named by its conversation."""
    return litellm.completion(**asked(name), **options)


def asked(name: str) -> dict[str, Any]:
    """What all calls ask."""
    return {
        "model": "openai/gpt-4o",
        "messages": [
            {"role": "system", "content": "You sell seed."},
            {"role": "user", "content": f"Is it {name}?"},
        ],
        "user": "jo",
        "metadata": {"session_id": name},
    }


def failed(name: str) -> None:
    """A call whose model fails."""
    try:
        call(name, mock_response=Exception("boom"))
    except litellm.exceptions.InternalServerError:
        return
    raise AssertionError("the call should have failed")


async def asynchronous(sender: Any) -> None:
    """The same three with the asynchronous interface, and until all are dealt with."""
    await litellm.acompletion(**asked("a-whole"), mock_response="kolibri, a-whole")
    stream = await litellm.acompletion(
        **asked("a-streamed"), mock_response="kolibri, a-streamed", stream=True
    )
    async for _ in stream:
        pass
    with contextlib.suppress(litellm.exceptions.InternalServerError):
        await litellm.acompletion(**asked("a-failed"), mock_response=Exception("boom"))
    # LiteLLM calls back from tasks of its own; the loop must live until they have run.
    deadline = time.monotonic() + 200
    while sender.sent + sender.dropped < CALLS and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
