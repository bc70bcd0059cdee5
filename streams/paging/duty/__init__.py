"""Who is on call, and who is told next: the contacts file, and the escalation that follows it."""
