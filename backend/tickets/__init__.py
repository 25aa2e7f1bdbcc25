"""Tickets: what is wrong with a place, from the photo to the mended thing; never about a person."""
