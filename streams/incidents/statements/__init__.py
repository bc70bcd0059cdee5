"""What to tell people about an incident: plain sentences for each audience, made of its fields."""
