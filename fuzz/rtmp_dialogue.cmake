tidegate_fuzz(rtmp_dialogue SOURCES rtmp_dialogue_fuzz.cpp DEPS rtmp_core)
