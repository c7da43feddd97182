"""Speed as ratios against an anchor of the same run: ``make bench``, ``make bench ONLY=booking.``."""
