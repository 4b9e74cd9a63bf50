# The load generator, the floor programs and the micro-benchmarks; binaries in <build>/bench.
find_package(benchmark REQUIRED)

# tidegate_bench(<name> [MAIN main.cpp] [SOURCES ...] DEPS ...). MAIN: reads the command line and measures nothing. It is not
# optimised, because CLI11's templates would take longer than all other sources.
function(tidegate_bench name)
  cmake_parse_arguments(ARG "" "MAIN" "SOURCES;DEPS" ${ARGN})
  add_executable(${name})
  if(ARG_MAIN)
    add_library(tidegate_${name}_main OBJECT ${ARG_MAIN})
    target_compile_options(tidegate_${name}_main PRIVATE ${TIDEGATE_WARNINGS} ${TIDEGATE_TEST_OPTIONS})
    target_include_directories(tidegate_${name}_main PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
    tidegate_link(tidegate_${name}_main PRIVATE ${ARG_DEPS})
    tidegate_precompile(tidegate_${name}_main TEST)
    target_link_libraries(${name} PRIVATE tidegate_${name}_main)
  endif()
  target_compile_options(${name} PRIVATE ${TIDEGATE_WARNINGS})
  target_include_directories(${name} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
  tidegate_sources(${name} FILES ${ARG_SOURCES} BASE "${CMAKE_CURRENT_SOURCE_DIR}")
  tidegate_link(${name} PRIVATE ${ARG_DEPS})
  tidegate_precompile(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
endfunction()

set(load "${CMAKE_CURRENT_SOURCE_DIR}/load")
file(GLOB load_sources CONFIGURE_DEPENDS "${load}/*.cpp")
list(FILTER load_sources EXCLUDE REGEX "/main\\.cpp$|_test\\.cpp$")
# What the programs below and a test have in common.
add_library(tidegate_load STATIC)
target_compile_options(tidegate_load PRIVATE ${TIDEGATE_WARNINGS})
target_include_directories(tidegate_load PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
tidegate_sources(tidegate_load FILES ${load_sources} BASE "${CMAKE_CURRENT_SOURCE_DIR}")
tidegate_link(tidegate_load PUBLIC rtmp_core rtsp_core flv rtp media base Boost::json OpenSSL::SSL)
tidegate_precompile(tidegate_load)
tidegate_bench(tidegate-load MAIN load/main.cpp DEPS load CLI11::CLI11)
tidegate_test(load SOURCES ${load}/scanners_test.cpp BASE "${CMAKE_CURRENT_SOURCE_DIR}" DEPS load mp4)

file(GLOB floor_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/floor/*.cpp")
list(FILTER floor_sources EXCLUDE REGEX "/main\\.cpp$")
tidegate_bench(tidegate-floor MAIN floor/main.cpp SOURCES ${floor_sources} DEPS base CLI11::CLI11)

# The hot paths as steps: timed (Google Benchmark), counted (bench/instructions.py). They are compiled one by one: what
# is counted must not depend on its neighbours.
add_library(tidegate_micro STATIC micro/cases.cpp micro/chunk_reader.cpp micro/packets.cpp micro/fan_out.cpp
  micro/stream_machine.cpp micro/hls.cpp micro/dub.cpp)
target_compile_options(tidegate_micro PRIVATE ${TIDEGATE_WARNINGS})
tidegate_link(tidegate_micro PUBLIC load router_stream router_paths orchestrator_core hls_core dub rtmp_core rtp flv media base)
tidegate_precompile(tidegate_micro)
tidegate_bench(micro_bench SOURCES micro/micro_bench.cpp DEPS micro benchmark::benchmark)
tidegate_bench(tidegate-instructions SOURCES micro/instructions.cpp DEPS micro)
# valgrind 3.19 cannot read clang 19's DWARF 5; counting needs no names.
target_link_options(tidegate-instructions PRIVATE -Wl,--strip-debug)

file(GLOB hls_load_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/hls/*.cpp")
list(FILTER hls_load_sources EXCLUDE REGEX "/main\\.cpp$")
tidegate_bench(tidegate-hls-load MAIN hls/main.cpp SOURCES ${hls_load_sources} DEPS base Boost::json CLI11::CLI11)

tidegate_bench(tidegate-reads SOURCES reads/main.cpp
  DEPS load router_rtmp router_api router_paths log base CLI11::CLI11)

add_library(tidegate-allocations SHARED allocations/counter.cpp)
target_compile_options(tidegate-allocations PRIVATE ${TIDEGATE_WARNINGS} -Wno-reserved-identifier)
set_target_properties(tidegate-allocations PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")

file(GLOB plane_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/plane/*.cpp")
list(FILTER plane_sources EXCLUDE REGEX "/main\\.cpp$")
tidegate_bench(tidegate-plane MAIN plane/main.cpp SOURCES ${plane_sources} DEPS base http Boost::json CLI11::CLI11)

# The simulated day (make sim).
file(GLOB sim_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/sim/*.cpp")
list(FILTER sim_sources EXCLUDE REGEX "/main\\.cpp$")
tidegate_bench(tidegate-sim MAIN sim/main.cpp SOURCES ${sim_sources} DEPS base orchestrator_core Boost::json CLI11::CLI11)

# What `make bench` runs.
add_custom_target(bench DEPENDS media-router media-service stream-worker mtx-hook
  tidegate-load tidegate-floor tidegate-reads tidegate-hls-load tidegate-plane tidegate-sim micro_bench tidegate-instructions tidegate-allocations
  recording-tool)
add_dependencies(for-system-tests bench)
