// One turn of an outlet with 400 readers that take everything. What they do with it, one send each,
// is the kernel's; here they only look at the bytes.
#include <boost/asio/io_context.hpp>
#include <memory>
#include <stdexcept>

#include "micro/cases.hpp"
#include "router/stream/outlet.hpp"

namespace tidegate::bench {

namespace {

constexpr std::size_t kReaders = 400;
constexpr auto kForm = router::WireForm::rtmp_message;

struct LookingReader final : router::Reader {
    bool offer(router::FanoutItem const&) override { return true; }
    void flush() override {}
    std::uint64_t deliver(router::FanoutBatch& batch) override {
        seen += batch.joined(kForm).bytes.size();
        return batch.rtp_bytes();
    }
    void stream_ended() override {}
    std::size_t seen = 0;
};

struct FanOut {
    FanOut()
        : counter(std::make_shared<std::atomic<std::uint64_t>>(0)),
          outlet(std::make_shared<router::Outlet>(loop, router::Outlet::Settings{}, true, counter)),
          readers(kReaders) {
        for (auto& reader : readers) outlet->add(reader);
        audio.unit.track = 1;
        audio.unit.payload = base::SharedBytes::copy_of(base::Bytes(371, 0xaf));
        audio.as(kForm) = base::SharedBytes::copy_of(base::Bytes(384, 0xaf));
        audio.rtp.bytes = 390;
        picture.video = true;
        picture.unit.payload = base::SharedBytes::copy_of(base::Bytes(9'500, 0x17));
        picture.as(kForm) = base::SharedBytes::copy_of(base::Bytes(9'600, 0x17));
        picture.rtp.bytes = 9'700;
    }
    ~FanOut() {
        for (auto& reader : readers) outlet->remove(reader);
    }
    void operator()() {
        auto const before = readers.back().seen;
        outlet->publish(audio);
        outlet->publish(picture);
        loop.restart();
        loop.poll();
        if (readers.back().seen == before) throw std::logic_error("nothing was delivered");
    }

    boost::asio::io_context loop{1};
    std::shared_ptr<std::atomic<std::uint64_t>> counter;
    std::shared_ptr<router::Outlet> outlet;
    std::vector<LookingReader> readers;
    router::FanoutItem audio, picture;
};

}  // namespace

MicroStep fan_out_to_400() {
    return [state = std::make_shared<FanOut>()] { (*state)(); };
}

}  // namespace tidegate::bench
