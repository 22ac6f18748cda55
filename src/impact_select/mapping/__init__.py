"""From what was recorded to what is kept: evidence per owner, owners per test."""
