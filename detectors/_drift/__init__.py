"""The parts of the drift detector: style features, sketches, comparison, baselines."""
