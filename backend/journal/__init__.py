"""The journal: a copy of every ledger entry in the books, exactly once and in order."""
