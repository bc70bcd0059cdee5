"""The archive inside: whole, as a stream, and nothing that outwatch doesn't write."""

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.config.security import OAuth, Sasl, Tls
from streams.config.settings import Kafka, Pager, Settings
from streams.evidence.archive import BadArchive, Packed, Unpacker
from streams.evidence.configuration import masked_settings, versions

NAMES = st.from_regex(r"[a-z][a-z0-9._-]{0,20}(/[a-z0-9][a-z0-9._-]{0,20})?", fullmatch=True)
FILES = st.dictionaries(NAMES.filter(lambda name: ".." not in name), st.binary(max_size=2_000))


def packed(files: dict[str, bytes], step: int = 1_000) -> bytes:
    source = Packed(files.items(), 1_700_000_000.0)
    return b"".join(iter(lambda: source.read(step), b""))


def unpacked(data: bytes, step: int = 1_000) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    unpacker = Unpacker(found.__setitem__)
    for at in range(0, len(data), step):
        unpacker.write(data[at : at + step])
    unpacker.done()
    return found


@settings(max_examples=60, deadline=None)
@given(FILES, st.integers(1, 5_000), st.integers(1, 5_000))
def test_comes_out_as_it_went_in_however_it_is_cut(
    files: dict[str, bytes], step: int, other: int
) -> None:
    data = packed(files, step)
    assert unpacked(data, other) == files
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getnames() == list(files)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../out", tarfile.REGTYPE),
        ("/etc/passwd", tarfile.REGTYPE),
        ("a/../b", tarfile.REGTYPE),
        ("a/b/c", tarfile.REGTYPE),
        ("a\\b", tarfile.REGTYPE),
        ("link", tarfile.SYMTYPE),
        ("folder", tarfile.DIRTYPE),
        ("device", tarfile.CHRTYPE),
    ],
)
def test_what_outwatch_never_writes_is_refused(name: str, kind: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.type = kind
    with pytest.raises(BadArchive):
        unpacked(info.tobuf(tarfile.USTAR_FORMAT) + b"\0" * 1024)


@pytest.mark.parametrize("data", [b"", b"no archive at all" * 100, b"\0" * 100])
def test_no_archive(data: bytes) -> None:
    with pytest.raises(BadArchive):
        unpacked(data)


def test_one_that_breaks_off() -> None:
    with pytest.raises(BadArchive, match="breaks off"):
        unpacked(packed({"a": b"x" * 2_000})[:1_024])


def test_settings_come_without_secrets() -> None:
    secret = "hunter2-hunter2-hunter2"
    made = Settings(
        hash_key=secret,
        kafka=Kafka(
            brokers="kafka:9092",
            tls=Tls(key_password=secret),
            sasl=Sasl(
                mechanism="PLAIN", username="outwatch", password=secret,
                oauth=OAuth(client_secret=secret, token_url=f"https://{secret}"),
            ),
        ),
        pager=Pager(
            receivers={"duty": {"type": "webhook", "url": f"https://x/{secret}", "x": [secret]}},
            webhook_url=f"https://x/{secret}",
            incident_url=f"https://x/{secret}",
        ),
        detector_options={"leak": {"canaries": [secret], "limit": 3, "deep": {"a": secret}}},
    )  # fmt: skip
    shown = masked_settings(made)
    assert secret not in str(shown)
    assert shown["kafka"]["brokers"] == "kafka:9092"
    assert shown["pager"]["receivers"]["duty"] == {"type": "webhook", "url": "▒", "x": ["▒"]}
    assert shown["detector_options"]["leak"]["limit"] == 3


def test_versions_name_what_ran() -> None:
    told = versions()
    assert {"outwatch", "python", "packages", "models"} <= told.keys()
    assert all(len(digest) == 64 for digest in told["models"].values())
    assert "encoder.onnx" in told["models"]
