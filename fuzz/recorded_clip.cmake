tidegate_fuzz(recorded_clip SOURCES recorded_clip_fuzz.cpp DEPS recording)
