"""The sample project, and the tour through it that `impact demo` gives."""
