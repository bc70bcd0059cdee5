"""Evidence of an incident: collected, sealed to legal's key, verified and opened."""
