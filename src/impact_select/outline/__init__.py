"""From source text to outline: what can change by itself, and its fingerprint."""
