"""Events for any number of readers: each is read once from the store and encoded once."""
