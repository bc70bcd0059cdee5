"""Makes the placement detector's model out of answers with insertions."""
