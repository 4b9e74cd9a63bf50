// Keeps what the muxers serve in a directory, too (hlsDirectory): <directory>/<path>/<file>, for
// another web server or for scripts. A thread of its own writes, so that no loop waits for a disk.
// When it is behind, it skips to the newest state of a path. All functions may be called from any
// thread.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "hls/core/edition.hpp"

namespace tidegate::router {

class HlsDirectory {
public:
    // failed: called on the thread, with a path's name and a sentence, when something could not be
    // written; at most once for each path until it could be written again.
    using Failed = std::function<void(std::string const& path, std::string const& why)>;
    HlsDirectory(std::filesystem::path root, Failed failed);
    // Writes and removes what was asked for, then ends the thread. This may take as long as the
    // disk does.
    ~HlsDirectory();

    // Asks for the files of this edition in the path's directory, in place of those that this
    // object wrote there before.
    void put(std::string const& path, std::shared_ptr<hls::Edition const> edition);
    // Asks for the removal of those files.
    void remove(std::string const& path);

private:
    using Editions = std::map<std::string, std::shared_ptr<hls::Edition const>>;

    void run();
    void bring(std::string const& path, std::shared_ptr<hls::Edition const> const& edition);
    std::string write_all(std::filesystem::path const& folder, hls::Edition const& edition,
                          std::set<std::string>& written);
    void tell(std::string const& path, std::string const& why);

    std::filesystem::path const root_;
    Failed const failed_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Editions wanted_;    // guarded by mutex_; null: none
    bool ends_ = false;  // guarded by mutex_
    // The thread's alone: the files that it has written, and the paths that it could not write.
    std::map<std::string, std::set<std::string>> written_;
    std::set<std::string> failing_;
    std::thread thread_;  // the last: it uses all of the above
};

}  // namespace tidegate::router
