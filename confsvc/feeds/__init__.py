"""Calendars to subscribe to: secret addresses, what a feed says, and its bytes, kept until it says something else."""
