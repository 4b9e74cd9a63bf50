# Build-wide options: sanitizer, coverage, warnings, compiler cache, linker.

set(TIDEGATE_SANITIZER "" CACHE STRING "Empty, or one of: address, thread, fuzzer")
option(TIDEGATE_COVERAGE "Instrument for line coverage (llvm-cov)" OFF)
option(TIDEGATE_BENCH "Build micro-benchmarks and the load generator" ON)
# With more, a first build costs fewer CPU seconds, but there are fewer units for the cores to share, and a change of one file
# compiles its whole batch. Measured: with 6 the programs cost a third of the CPU seconds that they cost with 1.
set(TIDEGATE_BATCH 6 CACHE STRING "How many sources of a folder are compiled as one; 1: each for itself")
# A batch of tests, which is not optimised, takes no longer than half as many sources that are.
set(TIDEGATE_TEST_BATCH 12)
if(TIDEGATE_BATCH LESS 2)
  set(TIDEGATE_TEST_BATCH 1)
endif()
# Every file for itself, checked and thrown away (tidegate_sources): `ninja each`.
add_custom_target(each)
# Everything that the system tests run, and nothing that only unit tests need (tools/run_tests.py).
add_custom_target(for-system-tests)

find_program(TIDEGATE_CCACHE ccache)
if(TIDEGATE_CCACHE)
  # Units that read compiled headers (TidegatePrecompiled.cmake) are kept only with this sloppiness.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros "${TIDEGATE_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${TIDEGATE_CCACHE}")
endif()

find_program(TIDEGATE_LLD NAMES ld.lld-19 ld.lld)
if(TIDEGATE_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options("--ld-path=${TIDEGATE_LLD}")
endif()

if(TIDEGATE_SANITIZER STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(TIDEGATE_SANITIZER STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(TIDEGATE_SANITIZER STREQUAL "fuzzer")
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(NOT TIDEGATE_SANITIZER STREQUAL "")
  message(FATAL_ERROR "TIDEGATE_SANITIZER=${TIDEGATE_SANITIZER}: expected empty, address, thread or fuzzer")
endif()

if(TIDEGATE_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()

# A compiled header serves only units that agree on this. Some libraries ask for it.
add_compile_options(-pthread)

set(TIDEGATE_WARNINGS
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
  -Wimplicit-fallthrough -Wold-style-cast -Wunused -Werror)

# Tests run once after they are compiled: optimising them costs more than it brings (three times the compile time).
# What they test is optimised as ever.
set(TIDEGATE_TEST_OPTIONS -O0)
