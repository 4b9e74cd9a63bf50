tidegate_fuzz(hook_command SOURCES hook_command_fuzz.cpp DEPS router_hooks)
