tidegate_fuzz(rtsp_headers SOURCES rtsp_headers_fuzz.cpp DEPS rtsp_core)
