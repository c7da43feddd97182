"""What leaves by other ways than letters: webhooks of other systems, and short messages about urgent things."""
