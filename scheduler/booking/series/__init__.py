"""Meetings that come again: their grammar, their dates, and what is done to one, the following or all of them."""
