"""The domain: rules that decide what a deed is worth, and the ledger that keeps the points."""
