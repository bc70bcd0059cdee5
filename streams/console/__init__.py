"""The console: what the topics say, as pages in a browser, and acts sent from there."""
