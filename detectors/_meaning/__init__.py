"""What sentences mean: vectors of them, shared by all detectors, and heads that judge these."""
