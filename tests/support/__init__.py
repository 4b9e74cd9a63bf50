"""Helpers of the system tests: a stack on free ports, publishers and readers, waiting with deadlines."""
