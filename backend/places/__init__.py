"""The district's streets and communities: facts, read once, never written."""
