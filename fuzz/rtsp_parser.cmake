tidegate_fuzz(rtsp_parser SOURCES rtsp_parser_fuzz.cpp DEPS rtsp_core)
