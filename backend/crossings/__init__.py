"""Points go along when their resident has another district too: out of one ledger, into the other."""
