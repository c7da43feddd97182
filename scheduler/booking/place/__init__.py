"""What a conference holds of rooms, lines and video hosts: amounts, locks, closures, and whether it fits."""
