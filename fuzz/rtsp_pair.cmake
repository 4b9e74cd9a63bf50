tidegate_fuzz(rtsp_pair SOURCES rtsp_pair_fuzz.cpp DEPS rtsp_core)
