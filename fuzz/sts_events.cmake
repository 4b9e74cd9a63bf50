tidegate_fuzz(sts_events SOURCES sts_events_fuzz.cpp DEPS sts_core)
