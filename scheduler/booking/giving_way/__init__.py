"""Meetings that give way to more urgent ones, or are postponed together, and what becomes of them."""
