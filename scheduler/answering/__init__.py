"""What the invited say: answers, other times that they propose, people whom nobody here invited. Nothing of it moves,
cancels or opens anything."""
