"""The gate between deeds and points: in by `earn`, out by `spend`."""
