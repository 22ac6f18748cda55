"""From changes and evidence to the answer."""
