# The load generator, the floor programs and the micro-benchmarks; binaries in <build>/bench.
find_package(benchmark REQUIRED)

function(tidegate_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE ${TIDEGATE_WARNINGS})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/bench" "${PROJECT_SOURCE_DIR}/src")
  tidegate_link(${name} PRIVATE ${ARG_DEPS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
endfunction()

file(GLOB load_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/load/*.cpp")
list(FILTER load_sources EXCLUDE REGEX "_test\\.cpp$")
tidegate_bench(tidegate-load SOURCES ${load_sources}
  DEPS rtmp_core rtsp_core flv rtp media base Boost::json CLI11::CLI11)

file(GLOB floor_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/floor/*.cpp")
tidegate_bench(tidegate-floor SOURCES ${floor_sources} DEPS base CLI11::CLI11)

# The hot paths as steps: timed (Google Benchmark), counted (bench/instructions.py).
set(micro_cases micro/cases.cpp micro/chunk_reader.cpp micro/packets.cpp micro/fan_out.cpp
  micro/stream_machine.cpp load/media_source.cpp load/time_code.cpp)
set(micro_deps router_stream router_paths orchestrator_core rtmp_core rtp flv media base)
tidegate_bench(micro_bench SOURCES micro/micro_bench.cpp ${micro_cases}
  DEPS ${micro_deps} benchmark::benchmark)
tidegate_bench(tidegate-instructions SOURCES micro/instructions.cpp ${micro_cases} DEPS ${micro_deps})
# valgrind 3.19 cannot read clang 19's DWARF 5; counting needs no names.
target_link_options(tidegate-instructions PRIVATE -Wl,--strip-debug)

tidegate_bench(tidegate-reads SOURCES reads/main.cpp load/media_source.cpp load/time_code.cpp
  DEPS router_rtmp router_api router_paths log base CLI11::CLI11)

add_library(tidegate-allocations SHARED allocations/counter.cpp)
target_compile_options(tidegate-allocations PRIVATE ${TIDEGATE_WARNINGS} -Wno-reserved-identifier)
set_target_properties(tidegate-allocations PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")

# What `make bench` runs.
add_custom_target(bench DEPENDS media-router media-service stream-worker mtx-hook
  tidegate-load tidegate-floor tidegate-reads micro_bench tidegate-instructions tidegate-allocations)

add_executable(bench_test load/scanners_test.cpp load/time_code.cpp load/rtmp_scanner.cpp
  load/rtsp_scanner.cpp load/media_source.cpp load/wire.cpp)
target_compile_options(bench_test PRIVATE ${TIDEGATE_WARNINGS})
target_include_directories(bench_test PRIVATE "${PROJECT_SOURCE_DIR}/bench")
tidegate_link(bench_test PRIVATE rtmp_core flv rtp media base GTest::gmock GTest::gtest_main)
set_target_properties(bench_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
add_test(NAME bench COMMAND bench_test)
