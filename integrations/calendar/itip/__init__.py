"""iTIP (RFC 5546) as pure functions: which messages a change means, and what an incoming one means."""
