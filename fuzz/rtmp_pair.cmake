tidegate_fuzz(rtmp_pair SOURCES rtmp_pair_fuzz.cpp DEPS rtmp_core)
