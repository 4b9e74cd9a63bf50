tidegate_fuzz(hello_guard SOURCES hello_guard_fuzz.cpp DEPS net)
