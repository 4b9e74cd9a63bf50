tidegate_fuzz(timeline SOURCES timeline_fuzz.cpp DEPS media)
