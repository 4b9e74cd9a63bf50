"""A file a criterion or a group of them: measure(context, ...) returns the rows."""
