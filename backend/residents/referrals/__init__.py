"""Referrals: whom a new resident names as the one who brought them, once, in their first days."""
