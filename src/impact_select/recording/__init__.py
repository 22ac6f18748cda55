"""Watching a pytest process: who runs, loads and reads what. Runs inside the user's tests."""
