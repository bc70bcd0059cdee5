"""Linear models over hashed words, and what they share: each reads a text in another way."""
