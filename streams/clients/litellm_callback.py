"""A LiteLLM callback that sends every call's `StandardLoggingPayload` to Kafka.

In the configuration of LiteLLM's proxy, where outwatch is installed beside it (alone, with the
packages of the group `client` in pyproject.toml, it is enough)::

    litellm_settings:
      callbacks: [streams.clients.litellm_callback.callback]

with ``OUTWATCH_KAFKA_BROKERS`` (and ``OUTWATCH_KAFKA_TOPICS_OUTPUTS``, where the topic isn't
`llm.outputs`) in its environment; ``OUTWATCH_CONFIG`` names a configuration file. With the SDK::

    import litellm
    from streams.clients.litellm_callback import outwatch_callback

    litellm.callbacks = [outwatch_callback(brokers="kafka:9092")]

It never raises into LiteLLM and never makes it wait: see `streams.clients.background`. What
LiteLLM is told to redact (`turn_off_message_logging`) arrives redacted. Streams are sent once,
when they are over. Failed calls are sent, too; they are counted, not scored.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import msgspec

from streams.clients.background import MAX_QUEUED, BackgroundSender, Record
from streams.config.settings import Settings, load_settings

# The same kilobytes of prices with every call.
_LEFT_OUT = frozenset({"model_map_information"})


def outwatch_callback(
    brokers: str | None = None,
    topic: str | None = None,
    *,
    settings: Settings | None = None,
    max_queued: int = MAX_QUEUED,
    **options: Any,
) -> Any:
    """A `CustomLogger` for `litellm.callbacks`.

    `brokers` (host:port, separated by commas) and `topic` win over `settings`, which are read
    from the environment where they aren't given; `options` go to LiteLLM's `CustomLogger`. Its
    `sender` counts what was sent and dropped. Raises `ConfigError` for wrong settings, and
    `ImportError` where LiteLLM isn't installed.
    """
    settings = load_settings() if settings is None else settings
    if brokers:
        kafka = msgspec.structs.replace(settings.kafka, brokers=brokers)
        settings = msgspec.structs.replace(settings, kafka=kafka)
    sender = BackgroundSender(settings, topic or settings.kafka.topics.outputs, _key, max_queued)
    return _callback_class()(sender, **options)


def _key(payload: Record) -> str | None:
    metadata = payload.get("metadata")
    sent = metadata.get("requester_metadata") if isinstance(metadata, dict) else None
    said = sent.get("session_id") if isinstance(sent, dict) else None
    key = payload.get("session_id") or said or payload.get("trace_id") or payload.get("id")
    return str(key) if key else None


@cache
def _callback_class() -> Any:
    # Imported here: LiteLLM takes seconds to import, and this module is looked at without it.
    base: Any = import_module("litellm.integrations.custom_logger").CustomLogger

    class OutwatchCallback(base):
        """Hands LiteLLM's payloads to a `BackgroundSender`."""

        def __init__(self, sender: BackgroundSender, **options: Any) -> None:
            super().__init__(**options)
            self.sender = sender

        def log_success_event(
            self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
        ) -> None:
            self._put(kwargs)

        def log_failure_event(
            self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
        ) -> None:
            self._put(kwargs)

        async def async_log_success_event(
            self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
        ) -> None:
            self._put(kwargs)

        async def async_log_failure_event(
            self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
        ) -> None:
            self._put(kwargs)

        def _put(self, kwargs: Any) -> None:
            payload = kwargs.get("standard_logging_object") if isinstance(kwargs, dict) else None
            if isinstance(payload, dict):
                self.sender.put({k: v for k, v in payload.items() if k not in _LEFT_OUT})

    return OutwatchCallback


@cache
def _default() -> Any:
    return outwatch_callback()


def __getattr__(name: str) -> Any:
    """`callback`, which the proxy's configuration names, made from the environment."""
    if name == "callback":
        return _default()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
