tidegate_fuzz(audio_config SOURCES audio_config_fuzz.cpp DEPS media)
