"""The parts of the hallucination detector: grounding, citations, and their small models."""
