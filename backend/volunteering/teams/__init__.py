"""Teams with a leader, and stations with check-in points."""
