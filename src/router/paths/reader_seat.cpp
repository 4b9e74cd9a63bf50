#include "router/paths/reader_seat.hpp"

#include <utility>

namespace tidegate::router {

struct ReaderSeat::Holder {
    Paths& paths;
    std::string path;
    PathMatch match;
    std::string query;
    PeerId reader;
    std::optional<WireForm> form;
    std::unique_ptr<ReadHooks> hooks{};
};

std::expected<ReaderSeat, Paths::Refused> ReaderSeat::take(Paths& paths, std::string const& path,
                                                           PathMatch match, std::string query,
                                                           PeerId reader,
                                                           std::optional<WireForm> form) {
    auto stream = paths.attach(path, reader, form);
    if (!stream) return std::unexpected(std::move(stream.error()));
    auto holder = std::unique_ptr<Holder>(
        new Holder{paths, path, std::move(match), std::move(query), std::move(reader), form});
    return ReaderSeat(std::move(*stream), std::move(holder));
}

ReaderSeat::ReaderSeat(std::shared_ptr<Stream> stream, std::unique_ptr<Holder> holder)
    : stream_(std::move(stream)), holder_(std::move(holder)) {}

ReaderSeat::ReaderSeat(ReaderSeat&&) noexcept = default;

ReaderSeat::~ReaderSeat() {
    if (holder_ == nullptr) return;
    stop_reading();
    stream_->remove_reader(holder_->reader, holder_->form);
}

void ReaderSeat::start_reading(std::string log_prefix) {
    if (is_reading()) return;
    holder_->hooks = holder_->paths.start_reading(holder_->path, holder_->match, holder_->reader,
                                                  holder_->query, std::move(log_prefix));
}

void ReaderSeat::stop_reading() {
    holder_->hooks.reset();
}

bool ReaderSeat::is_reading() const {
    return holder_->hooks != nullptr;
}

}  // namespace tidegate::router
