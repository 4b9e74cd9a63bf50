tidegate_fuzz(sts_server SOURCES sts_server_fuzz.cpp DEPS sts_core)
