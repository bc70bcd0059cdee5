"""What the `leak` detector compares an answer with: canaries, the system prompt, a corpus."""
