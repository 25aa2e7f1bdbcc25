"""Photo-reporter groups: who may report."""
