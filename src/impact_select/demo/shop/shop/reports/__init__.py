"""What the keeper of the shop wants to know."""
