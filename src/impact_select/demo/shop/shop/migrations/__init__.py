"""The schema's steps, one numbered file each, and what applies them."""
