"""Writes the sentence encoder anew from what its own file holds, without learning.

    python -m detectors.training.meaning.again [--data DIR] [--out DIR]

For a change of how `detectors.training.meaning.graph` writes it. Weights are rounded once more;
afterwards all heads over the vectors must be learned anew.
"""

from __future__ import annotations

from detectors._linear.model_file import MODELS, write_checksum
from detectors._meaning.encoder import MODEL, PIECES
from detectors._meaning.pieces import read_pieces
from detectors.training.meaning.encoder import varied
from detectors.training.meaning.graph import graph, reaches, weights_of
from detectors.training.sets import arguments


def main() -> None:
    """Writes the graph and its checksum."""
    options = arguments(__doc__).parse_args()
    weights = weights_of(MODELS / MODEL)
    reach = reaches(weights, read_pieces(MODELS / PIECES), varied(options.data))
    target = options.out / MODEL
    graph(weights, target, reach)
    print(f"sha256 {write_checksum(target)}  {MODEL}")


if __name__ == "__main__":
    main()
