"""What the system tests share: a stack on free ports, publishers and readers, waiting with deadlines."""
