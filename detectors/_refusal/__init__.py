"""What the refusal and jailbreak detectors read texts with."""
