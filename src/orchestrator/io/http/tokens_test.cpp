#include "orchestrator/io/http/tokens.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/crypto/digest.hpp"
#include "base/crypto/secret.hpp"

namespace tidegate::orchestrator {
namespace {

using testing::HasSubstr;

std::string hash_of(std::string_view token) {
    return "sha256:" + base::to_hex(base::sha256(base::as_bytes(token)));
}

std::string line(std::string_view name, std::string_view role, std::string_view token) {
    return std::string(name) + " " + std::string(role) + "\t" + hash_of(token) + "\n";
}

TEST(Tokens, AreReadWithCommentsAndEmptyLines) {
    auto const tokens = parse_tokens("# who\n\n  \t\r\n" + line("ann", "operator", "a") + "  " +
                                     line("wall-1", "viewer", "b"));
    ASSERT_TRUE(tokens) << tokens.error();
    ASSERT_EQ(tokens->size(), 2U);
    EXPECT_EQ((*tokens)[0].role, Role::operator_);
    EXPECT_EQ((*tokens)[1].name, "wall-1");
    EXPECT_EQ(find_token(*tokens, "b"), &(*tokens)[1]);
    for (auto const* other : {"", "A", "ab", "sha256:x"}) {
        EXPECT_EQ(find_token(*tokens, other), nullptr) << other;
    }
    // Whoever reads the file has no token.
    EXPECT_EQ(find_token(*tokens, hash_of("a")), nullptr);
}

TEST(Tokens, AFileWithAnErrorHasNone) {
    auto const good = line("ann", "viewer", "a");
    auto const upper = "bob viewer sha256:" + std::string(64, 'A') + "\n";
    struct Case {
        std::string text, error;
    };
    for (auto const& [text, error] : {
             Case{"", "no token"},
             Case{"# only a comment", "no token"},
             Case{good + "bob", "line 2: the second word"},
             Case{good + "bob admin " + hash_of("b"), "line 2: the second word"},
             Case{good + "bob Viewer " + hash_of("b"), "line 2: the second word"},
             Case{good + "bob viewer b-in-clear", "line 2: the third word"},
             Case{good + "bob viewer " + hash_of("b").substr(0, 70), "line 2: the third word"},
             Case{good + "bob viewer " + hash_of("b") + "0", "line 2: the third word"},
             Case{good + upper, "line 2: the third word"},
             Case{good + "bob viewer " + hash_of("b") + " x", "line 2: a line has three words"},
             Case{good + "b/b viewer " + hash_of("b"), "line 2: the name"},
             Case{good + std::string(65, 'b') + " viewer " + hash_of("b"), "line 2: the name"},
             Case{good + "\n" + line("ann", "viewer", "b"),
                  "line 3: there is a token of this name"},
             Case{good + line("bob", "operator", "a"), "line 2: this is the token of ann"},
         }) {
        auto const tokens = parse_tokens(text);
        ASSERT_FALSE(tokens) << text;
        EXPECT_THAT(tokens.error(), HasSubstr(error)) << text;
        EXPECT_THAT(tokens.error(), Not(HasSubstr("in-clear")));
    }
    std::string many;
    for (std::size_t i = 0; i <= kMaxTokens; ++i) {
        many += line("n" + std::to_string(i), "viewer", std::to_string(i));
    }
    EXPECT_THAT(parse_tokens(many).error(), HasSubstr("more than 256 tokens"));
}

class TokensFile : public testing::Test {
protected:
    std::filesystem::path const folder_ =
        std::filesystem::temp_directory_path() / ("tidegate-tokens-" + std::to_string(getpid()));
    std::string const file_ = (folder_ / "tokens").string();

    void SetUp() override { std::filesystem::create_directories(folder_); }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    std::string text() const {
        std::ifstream in(file_);
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

TEST_F(TokensFile, GetsTokensThatAreNotInIt) {
    auto const ann = add_token(file_, "ann", Role::operator_);
    auto const bob = add_token(file_, "bob", Role::viewer);
    ASSERT_TRUE(ann && bob);
    EXPECT_NE(*ann, *bob);
    EXPECT_EQ(ann->size(), 67U);
    EXPECT_THAT(text(), Not(HasSubstr(*ann)));
    struct stat about{};
    ASSERT_EQ(stat(file_.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600U);
    auto const tokens = read_tokens(file_);
    ASSERT_TRUE(tokens) << tokens.error();
    EXPECT_EQ(find_token(*tokens, *ann)->name, "ann");
    EXPECT_EQ(find_token(*tokens, *bob)->role, Role::viewer);
    auto const before = text();
    EXPECT_FALSE(add_token(file_, "ann", Role::viewer));
    EXPECT_FALSE(add_token(file_, "a b", Role::viewer));
    EXPECT_EQ(text(), before);
}

TEST_F(TokensFile, KeepsALastLineWithoutItsEnd) {
    std::ofstream(file_) << "ann viewer " << hash_of("a");
    ASSERT_TRUE(add_token(file_, "bob", Role::viewer));
    EXPECT_EQ(read_tokens(file_)->size(), 2U);
}

TEST_F(TokensFile, IsRefusedIfItCannotBeTrustedOrRead) {
    EXPECT_THAT(read_tokens(file_).error(), HasSubstr("no such file"));
    EXPECT_THAT(read_tokens(folder_.string()).error(), HasSubstr("not a file"));
    ASSERT_TRUE(add_token(file_, "ann", Role::viewer));
    chmod(file_.c_str(), 0660);
    EXPECT_THAT(read_tokens(file_).error(), HasSubstr("may be written by others"));
    EXPECT_FALSE(add_token(file_, "bob", Role::operator_));
    chmod(file_.c_str(), 0644);
    EXPECT_TRUE(read_tokens(file_));
    std::ofstream(file_, std::ios::app) << "#" << std::string(kMaxTokensFileBytes, 'x');
    EXPECT_THAT(read_tokens(file_).error(), HasSubstr("more than 65536 bytes"));
}

}  // namespace
}  // namespace tidegate::orchestrator
