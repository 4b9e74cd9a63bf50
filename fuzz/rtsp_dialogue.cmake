tidegate_fuzz(rtsp_dialogue SOURCES rtsp_dialogue_fuzz.cpp DEPS rtsp_core)
