"""The people around a ticket, for every test here."""

from tests.backend.tickets.town import town

__all__ = ["town"]
