"""Makes the models that ship in `detectors/models`; needs the extra `train`."""
