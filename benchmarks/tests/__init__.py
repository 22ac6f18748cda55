"""Checks of the benchmark itself."""
