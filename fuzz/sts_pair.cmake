tidegate_fuzz(sts_pair SOURCES sts_pair_fuzz.cpp DEPS sts_core)
