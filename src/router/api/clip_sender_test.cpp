#include "router/api/clip_sender.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace tidegate::router {
namespace {

namespace fs = std::filesystem;
using State = ClipPump::State;

class ClipPumpTest : public testing::Test {
protected:
    fs::path file_;
    std::array<int, 2> sockets_{-1, -1};
    std::shared_ptr<PlaybackFigures> figures_ = std::make_shared<PlaybackFigures>();

    void SetUp() override {
        file_ = fs::temp_directory_path() / ("clip-pump-" + std::to_string(::getpid()));
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets_.data()), 0);
        ::fcntl(sockets_[0], F_SETFL, O_NONBLOCK);
        ::fcntl(sockets_[1], F_SETFL, O_NONBLOCK);
    }
    void TearDown() override {
        fs::remove(file_);
        for (auto const socket : sockets_) {
            if (socket >= 0) ::close(socket);
        }
    }

    // Pieces whose heads and whose bytes of the file are these.
    NextPiece pieces(std::vector<std::pair<std::string, std::string>> wanted) {
        std::string all;
        for (auto const& [head, media] : wanted) all += media;
        std::ofstream(file_, std::ios::binary) << all;
        auto file = *recording::RecordedFile::open(file_);
        auto const next = std::make_shared<std::size_t>(0);
        auto const offset = std::make_shared<std::uint64_t>(0);
        return [=]() -> std::expected<std::optional<recording::ClipPiece>, std::string> {
            if (*next == wanted.size()) return std::nullopt;
            auto const& [head, media] = wanted[(*next)++];
            recording::ClipPiece piece{base::SharedBytes::copy_of(base::as_bytes(head)), {}};
            if (!media.empty()) piece.sources.push_back({file, *offset, media.size()});
            *offset += media.size();
            return piece;
        };
    }
    std::string received() {
        std::string text;
        std::array<char, 65536> bytes;
        while (true) {
            auto const count = ::read(sockets_[1], bytes.data(), bytes.size());
            if (count <= 0) return text;
            text.append(bytes.data(), static_cast<std::size_t>(count));
        }
    }
};

TEST_F(ClipPumpTest, SendsHeadsAndBytesOfFiles) {
    ClipPump pump(pieces({{"head", ""}, {"one", "media"}, {"two", "more"}}), false, figures_);
    ASSERT_TRUE(pump.attach(sockets_[0]));
    EXPECT_EQ(pump.run(), State::done);
    EXPECT_EQ(received(), "headonemediatwomore");
    EXPECT_EQ(pump.sent(), 19U);
    EXPECT_EQ(figures_->sent_bytes, 19U);
}

TEST_F(ClipPumpTest, TellsTheEndInChunks) {
    ClipPump pump(pieces({{"head", ""}, {"one", std::string(20, 'x')}}), true, figures_);
    ASSERT_TRUE(pump.attach(sockets_[0]));
    EXPECT_EQ(pump.run(), State::done);
    EXPECT_EQ(received(), "4\r\nhead\r\n17\r\none" + std::string(20, 'x') + "\r\n0\r\n\r\n");
}

TEST_F(ClipPumpTest, WaitsForTheClientAndLosesNothing) {
    std::string media(3'000'000, 'a');
    for (std::size_t i = 0; i < media.size(); ++i) media[i] = static_cast<char>(i / 7);
    ClipPump pump(pieces({{"one", media}, {"two", media}}), false, figures_);
    ASSERT_TRUE(pump.attach(sockets_[0]));
    std::string all;
    int blocked = 0;
    for (auto state = State::more; state != State::done;) {
        state = pump.run();
        ASSERT_TRUE(state == State::more || state == State::blocked || state == State::done);
        if (state == State::blocked) ++blocked;
        all += received();
    }
    EXPECT_GT(blocked, 0);
    EXPECT_EQ(all, "one" + media + "two" + media);
}

TEST_F(ClipPumpTest, SaysWhyItCannotGoOn) {
    ClipPump shorter(pieces({{"one", "media"}}), true, figures_);
    ASSERT_TRUE(shorter.attach(sockets_[0]));
    fs::resize_file(file_, 2);
    EXPECT_EQ(shorter.run(), State::failed);
    EXPECT_EQ(shorter.problem(), "the file has become shorter");
    EXPECT_FALSE(received().ends_with("0\r\n\r\n"));

    ClipPump broken([] { return std::unexpected(std::string("no such part")); }, true, figures_);
    ASSERT_TRUE(broken.attach(sockets_[0]));
    EXPECT_EQ(broken.run(), State::failed);
    EXPECT_EQ(broken.problem(), "no such part");

    ::close(std::exchange(sockets_[1], -1));
    ClipPump left(pieces({{"one", "media"}}), false, figures_);
    ASSERT_TRUE(left.attach(sockets_[0]));
    EXPECT_EQ(left.run(), State::client_left);
}

}  // namespace
}  // namespace tidegate::router
