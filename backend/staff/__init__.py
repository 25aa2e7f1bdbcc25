"""The district's staff, and the other systems that may write to us."""
