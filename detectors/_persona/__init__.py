"""What tells that an answer is in a voice that the operator did not ask for."""
