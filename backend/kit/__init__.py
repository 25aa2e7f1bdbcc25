"""What every feature stands on: database, HTTP, refusals, sign-in, outbox, audit."""
