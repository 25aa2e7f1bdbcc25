"""Photos: evidence that residents and staff upload, kept privately, and good for one claim only."""
