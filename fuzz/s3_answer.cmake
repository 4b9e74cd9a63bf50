tidegate_fuzz(s3_answer SOURCES s3_answer_fuzz.cpp DEPS archive_core)
