"""Volunteering: teams plan activities, residents sign up, check in and out at the place, and hours are confirmed.

In the order of the day, each importing only those before it: teams, activities, signups, attendance, confirming.
"""
