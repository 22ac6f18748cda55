"""What changed, in terms of symbols."""
