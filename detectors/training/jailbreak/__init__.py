"""Makes the jailbreak detector's model."""
