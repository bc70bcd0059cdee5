"""What is wrong in the environment, and how to mend it."""
