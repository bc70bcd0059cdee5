"""The review queue: records drawn for people to judge, and what follows from what they said."""
