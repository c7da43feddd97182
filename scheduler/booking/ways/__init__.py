"""The ways out of a refusal: free times, other rooms, smaller forms, and what would be if."""
