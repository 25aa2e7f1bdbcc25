"""The merchants at whose counters points become rewards: their shops, and the clerks who scan."""
