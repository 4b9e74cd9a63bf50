tidegate_fuzz(mediamtx_yaml SOURCES mediamtx_yaml_fuzz.cpp DEPS config)
