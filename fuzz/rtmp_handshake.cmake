tidegate_fuzz(rtmp_handshake SOURCES rtmp_handshake_fuzz.cpp DEPS rtmp_core)
