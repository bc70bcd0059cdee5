"""Learns the heads of `detectors._meaning` from the plain files in `data/meaning`.

    python -m detectors.training.meaning [--data DIR] [--out DIR]

Writes `meaning_heads.npz`, its checksum and its card. Needs the encoder that ships and no torch.
"""

from __future__ import annotations

from detectors._linear.model_file import write_checksum
from detectors._meaning.encoder import shared_sentences
from detectors._meaning.heads import FILE, write_heads
from detectors.training.meaning.card import card
from detectors.training.meaning.recipe import learn
from detectors.training.sets import arguments, write_card


def main() -> None:
    """Writes the heads, their checksum and their card, and prints what is measured."""
    options = arguments(__doc__).parse_args()
    made = learn(options.data, shared_sentences())
    target = options.out / FILE
    write_heads(made.heads, target)
    digest = write_checksum(target)
    text = card(made, digest)
    print(text)
    write_card(target.with_suffix(".md"), text, options.data, ())


if __name__ == "__main__":
    main()
