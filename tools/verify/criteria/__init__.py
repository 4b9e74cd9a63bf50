"""Each file measures one criterion or a group of them. Its function measure(context, ...) returns the rows."""
