// The events of both sides and the open packet; the first byte chooses which. What has been read
// is within its limits.
#include "checks.hpp"
#include "sts/core/events.hpp"
#include "sts/core/limits.hpp"

namespace {

using namespace tidegate;
using fuzz::require;

void check_audio(sts::AudioData const& audio) {
    require(audio.base64.size() <= sts::kMaxAudioBase64 && audio.format.size() <= sts::kMaxId);
    (void)sts::decode_sound(audio);
}

void check_service(std::string_view text) {
    auto const event = sts::read_service_event(text);
    if (!event) return;
    if (auto const* const ready = std::get_if<sts::StreamReady>(&*event)) {
        require(ready->max_in_flight >= 1 && ready->max_in_flight <= sts::kMostInFlight);
    }
    if (auto const* const processed = std::get_if<sts::FragmentProcessed>(&*event)) {
        require(processed->transcript.size() <= sts::kMaxText);
        require(processed->fragment_id.size() <= sts::kMaxId);
        if (processed->audio) check_audio(*processed->audio);
    }
}

void check_client(std::string_view text) {
    auto const event = sts::read_client_event(text);
    if (!event) return;
    if (auto const* const data = std::get_if<sts::FragmentData>(&*event)) check_audio(data->audio);
    if (auto const* const simulation = std::get_if<sts::ErrorSimulation>(&*event)) {
        require(simulation->rules.size() <= 100);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    auto const text = base::as_text({data + 1, size - 1});
    switch (data[0] % 3) {
        case 0:
            check_service(text);
            break;
        case 1:
            check_client(text);
            break;
        default:
            if (auto const open = sts::read_open(text)) {
                require(open->ping_interval.count() >= 1000 && open->ping_timeout.count() >= 1000);
            }
    }
    return 0;
}
