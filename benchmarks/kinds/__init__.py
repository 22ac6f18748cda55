"""Kinds of edits: from a source file, or a project, to the edits that are possible."""
