"""Signing up for a shift, and leaving it again."""
