"""A believable year for the 33 offices, played through the same functions that people and machines use."""
