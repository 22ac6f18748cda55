"""Names of things, one type each, so that no stage mixes them up."""

from typing import NewType

RepoPath = NewType("RepoPath", str)
"""A file: POSIX separators, relative to the top of the repository's work tree."""

TestId = NewType("TestId", str)
"""A pytest node id, parametrisation included; relative to pytest's rootdir."""

Revision = NewType("Revision", str)
"""A resolved full commit hash, never a branch name."""

Fingerprint = NewType("Fingerprint", str)
"""128 bits in hex: the digest of normalised code."""

Blob = NewType("Blob", str)
"""Git's id for a file's content, in hex."""
