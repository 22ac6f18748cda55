"""A Selection becomes text. Nothing here prints."""
