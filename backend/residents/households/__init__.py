"""Households: who lives together, as they say themselves; for limits that count by household, and nothing else."""
