"""The demo: sample traffic played through everything on one machine."""
