"""What code refers to, and what a change reaches through it."""
