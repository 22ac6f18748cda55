"""Measurements that any user can repeat; see README.md."""
