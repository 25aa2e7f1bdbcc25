"""Confirming hours: by the leader, and by a second person where there is a doubt."""
