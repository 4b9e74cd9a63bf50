tidegate_fuzz(video_config SOURCES video_config_fuzz.cpp DEPS media)
