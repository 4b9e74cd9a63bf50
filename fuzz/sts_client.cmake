tidegate_fuzz(sts_client SOURCES sts_client_fuzz.cpp DEPS sts_core)
