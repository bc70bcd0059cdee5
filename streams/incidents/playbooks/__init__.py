"""What to do about each kind of incident: files that people write, filled from an incident."""
