"""Makes the models that ship in `detectors/models`; needs the extra `train`."""

import os

# With several threads sums are added in another order, and a rebuilt model has other bytes.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"
