// Transport, RTP-Info, Session, authentication headers and URLs; the first byte chooses. What is
// understood is written and must be understood again.
#include <cstdlib>

#include "base/bytes.hpp"
#include "rtsp/core/auth.hpp"
#include "rtsp/core/rtp_info.hpp"
#include "rtsp/core/transport.hpp"
#include "rtsp/core/url.hpp"

namespace {

using namespace tidegate;

void transports(std::string_view text) {
    auto const read = rtsp::parse_transports(text);
    if (!read) return;
    for (auto const& transport : *read) {
        auto const again = rtsp::parse_transports(rtsp::write_transport(transport));
        if (!again || again->front() != transport) std::abort();
    }
}

void authorization(std::string_view text) {
    auto const read = rtsp::parse_authorization(text);
    if (!read) return;
    rtsp::Challenge challenge{.scheme = read->scheme, .realm = read->realm, .nonce = read->nonce};
    challenge.algorithm = read->algorithm;
    (void)rtsp::verify(*read, challenge, {"u", "p"}, "PLAY", read->uri);
}

void challenge(std::string_view text) {
    auto const read = rtsp::parse_challenge(text);
    if (!read) return;
    auto const again = rtsp::parse_challenge(rtsp::write_challenge(*read));
    if (!again || again->realm != read->realm) std::abort();
    auto const answered = rtsp::answer(*read, {"u", "p"}, "PLAY", "rtsp://h/a", "c");
    if (!rtsp::verify(answered, *read, {"u", "p"}, "PLAY", "rtsp://h/a")) std::abort();
}

void url(std::string_view text) {
    auto const read = rtsp::parse_url(text);
    if (!read) return;
    (void)rtsp::track_name(*read);
    (void)rtsp::without_trailing_slash(*read);
    if (!rtsp::parse_url(read->request_url())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    auto const text = base::as_text({data + 1, size - 1});
    switch (data[0] % 6) {
        case 0:
            transports(text);
            break;
        case 1:
            authorization(text);
            break;
        case 2:
            challenge(text);
            break;
        case 3:
            url(text);
            break;
        case 4:
            (void)rtsp::parse_rtp_info(text);
            break;
        default:
            (void)rtsp::parse_session(text);
            break;
    }
    return 0;
}
