"""What tells a threat from talk about violence."""
