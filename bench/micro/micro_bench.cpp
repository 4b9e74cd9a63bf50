// micro_bench: the cases' times, by Google Benchmark.
#include <benchmark/benchmark.h>

#include "micro/cases.hpp"

int main(int argc, char** argv) {
    for (auto const& one : tidegate::bench::micro_cases()) {
        benchmark::RegisterBenchmark(one.name.c_str(), [make = one.make](benchmark::State& state) {
            auto const step = make();
            for (auto _ : state) step();
        });
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
