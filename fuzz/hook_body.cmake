tidegate_fuzz(hook_body SOURCES hook_body_fuzz.cpp DEPS orchestrator_io_http)
