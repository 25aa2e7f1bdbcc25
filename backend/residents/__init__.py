"""Residents: who they are to the service, and what is theirs to see."""
