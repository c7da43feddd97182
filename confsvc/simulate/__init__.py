"""A simulated Jitsi that ships with the product: page, script, tokens, Prosody's calls to us, and faults on demand.

It stands in for a real deployment on one machine and in the tests; see ``channel.py`` for its WebSocket protocol and
``orders.py`` for how it is told to fail.
"""
