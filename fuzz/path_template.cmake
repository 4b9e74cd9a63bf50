tidegate_fuzz(path_template SOURCES path_template_fuzz.cpp DEPS recording)
