tidegate_fuzz(sts_packets SOURCES sts_packets_fuzz.cpp DEPS sts_core)
