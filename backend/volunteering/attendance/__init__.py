"""Checking in and out at the place, and what happens to a forgotten check-out."""
