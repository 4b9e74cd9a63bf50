tidegate_fuzz(flv_tag SOURCES flv_tag_fuzz.cpp DEPS flv)
