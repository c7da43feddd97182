"""Who must agree before a booking binds, the official letter, and what an agreed booking binds us to."""
