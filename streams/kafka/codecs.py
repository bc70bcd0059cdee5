"""Which codecs of messages can be read here; each Kafka client brings others for them."""

from __future__ import annotations

CODECS = ("gzip", "lz4", "snappy", "zstd")
"""All that Kafka has, as `compression.type` names them."""

_PACKAGES = {"lz4": "lz4", "snappy": "python-snappy", "zstd": "zstandard"}


def missing() -> dict[str, list[str]]:
    """What is to be installed for each codec that can't be read; empty where all can."""
    import aiokafka.codec
    import kafka.codec

    lacking: dict[str, list[str]] = {}
    for codec in CODECS:
        packages = []
        if not getattr(aiokafka.codec, f"has_{codec}")():
            packages.append("cramjam")
        if not getattr(kafka.codec, f"has_{codec}")():
            packages.append(_PACKAGES[codec])
        if packages:
            lacking[codec] = packages
    return lacking
