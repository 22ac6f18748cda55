"""What runs in the processes that tests start: it notes there, and judges nothing.

All that these modules import is part of what it costs to start such a process. So they do
without `typing`, `dataclasses`, `re` and anything else that Python does not load by itself.
"""
