"""What happens without anyone asking: deliveries, the journal, and what time brings."""
