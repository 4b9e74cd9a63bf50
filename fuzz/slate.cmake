tidegate_fuzz(slate SOURCES slate_fuzz.cpp DEPS filler)
