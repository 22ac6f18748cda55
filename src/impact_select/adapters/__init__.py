"""The real world behind the ports: git, the disk, SQLite, coverage.py."""
