"""Makes the small models of the hallucination detector."""
