tidegate_fuzz(rtmp_chunks SOURCES rtmp_chunks_fuzz.cpp DEPS rtmp_core)
