"""What several detectors need to read a text the way a person would."""
