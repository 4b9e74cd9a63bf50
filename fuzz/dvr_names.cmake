tidegate_fuzz(dvr_names SOURCES dvr_names_fuzz.cpp DEPS hls_core)
