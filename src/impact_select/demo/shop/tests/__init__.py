"""Tests through the test client and the database."""
