"""Activities and their shifts."""
