#include "archive/io/uploader.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "archive/core/multipart.hpp"
#include "archive/core/object_key.hpp"

namespace tidegate::archive {

namespace {

std::unexpected<Trouble> fail(Failure failure, std::string detail) {
    return std::unexpected(Trouble{failure, std::move(detail)});
}

// The segment, if it is still what was spooled.
std::expected<File, Trouble> open_segment(Entry const& entry) {
    File file(::open(entry.file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) {
        bool const gone = errno == ENOENT || errno == ENOTDIR;
        return fail(gone ? Failure::missing : Failure::disk,
                    file_error("open", entry.file).error());
    }
    auto const mark = mark_of(file, entry.file);
    if (!mark) return fail(Failure::changed, mark.error());
    if (*mark != entry.mark) {
        return fail(Failure::changed, entry.file + " has changed since it was spooled");
    }
    return file;
}

std::expected<std::string, Trouble> key_of(UploadPolicy const& policy, Entry const& entry) {
    std::chrono::sys_seconds const ended{
        std::chrono::seconds{entry.mark.modified_ns / 1'000'000'000}};
    auto key = object_key(policy.key_template, {entry.path, entry.file, ended});
    if (!key) return fail(Failure::name, key.error());
    return std::move(*key);
}

ObjectAttributes attributes_of(Entry const& entry) {
    return {std::string(content_type(entry.file)), entry.duration};
}

}  // namespace

std::expected<Uploaded, Trouble> Uploader::upload(Spool::Id id, Entry const& entry) {
    auto state = spool_.state_of(id);
    if (state.verified) {
        // We were stopped between the removal of the file and that of the entry.
        auto finished = finish(id, entry);
        if (!finished) return std::unexpected(finished.error());
        return Uploaded{state.key, entry.mark.size};
    }
    auto const key = key_of(policy_, entry);
    if (!key) return std::unexpected(key.error());
    if (!state.upload_id.empty() && (state.key != *key || state.part_bytes == 0)) {
        // The template was changed meanwhile.
        if (auto aborted = bucket_.abort(state.key, state.upload_id); !aborted) {
            return std::unexpected(aborted.error());
        }
        state = {};
    }
    if (entry.found && state == UploadState{} && is_stored(entry, *key)) {
        auto finished = finish(id, entry);
        if (!finished) return std::unexpected(finished.error());
        return Uploaded{.key = *key, .known = true};
    }
    return send(id, entry, *key, std::move(state));
}

// Whether a segment that was found is in the bucket already, because its hook had told of it before
// this program began. With --delete-local there is no such one, for its file would be gone.
bool Uploader::is_stored(Entry const& entry, std::string const& key) {
    if (policy_.delete_local) return false;
    auto const stored = bucket_.head(key);
    return stored && stored->size == entry.mark.size;
}

std::expected<Uploaded, Trouble> Uploader::send(Spool::Id id, Entry const& entry,
                                                std::string const& key, UploadState state) {
    auto const file = open_segment(entry);
    if (!file) return std::unexpected(file.error());
    Uploaded uploaded{key, entry.mark.size};
    state.key = key;
    auto etag = entry.mark.size > kMultipartOver
                    ? send_parts(id, *file, entry, state, uploaded)
                    : bucket_.put(key, {file->get(), 0, entry.mark.size}, attributes_of(entry));
    if (!etag) return std::unexpected(etag.error());
    // A file that was written to meanwhile is not what is in the bucket now.
    auto const mark = mark_of(*file, entry.file);
    if (!mark || *mark != entry.mark) {
        return fail(Failure::changed, entry.file + " has changed while it was uploaded");
    }
    if (policy_.delete_local) {
        if (auto verified = verify(key, entry.mark.size, *etag); !verified) {
            return std::unexpected(verified.error());
        }
        if (auto kept = keep(id, {.verified = true, .key = key}); !kept)
            return std::unexpected(kept.error());
    }
    if (auto finished = finish(id, entry); !finished) return std::unexpected(finished.error());
    return uploaded;
}

// Begins the multipart upload. What an earlier try may have begun without knowing its id is aborted
// first.
std::expected<void, Trouble> Uploader::begin(Spool::Id id, Entry const& entry, UploadState& state) {
    if (state.beginning) {
        auto const left = bucket_.uploads_of(state.key);
        if (!left) return std::unexpected(left.error());
        for (auto const& upload_id : *left) {
            if (auto aborted = bucket_.abort(state.key, upload_id); !aborted) return aborted;
        }
    }
    state = {.beginning = true, .key = state.key};
    if (auto kept = keep(id, state); !kept) return kept;
    auto created = bucket_.create(state.key, attributes_of(entry));
    if (!created) return std::unexpected(created.error());
    state.beginning = false;
    state.upload_id = std::move(*created);
    state.part_bytes = part_size(entry.mark.size);
    return keep(id, state);
}

std::expected<std::string, Trouble> Uploader::send_parts(Spool::Id id, File const& file,
                                                         Entry const& entry, UploadState& state,
                                                         Uploaded& uploaded) {
    if (state.upload_id.empty()) {
        if (auto begun = begin(id, entry, state); !begun) return std::unexpected(begun.error());
    }
    uploaded.parts = part_count(entry.mark.size, state.part_bytes);
    uploaded.resumed = std::min<std::uint64_t>(state.etags.size(), uploaded.parts);
    state.etags.resize(uploaded.resumed);
    // The server does not know the upload any more: the next try begins a new one.
    auto const forget = [&](Trouble const& trouble) {
        if (is_no_such_upload(trouble)) static_cast<void>(keep(id, {}));
        return std::unexpected(trouble);
    };
    while (state.etags.size() < uploaded.parts) {
        auto const offset = state.etags.size() * state.part_bytes;
        auto const size = std::min(state.part_bytes, entry.mark.size - offset);
        auto etag = bucket_.put_part(state.key, state.upload_id, state.etags.size() + 1,
                                     {file.get(), offset, size});
        if (!etag) return forget(etag.error());
        state.etags.push_back(std::move(*etag));
        if (auto kept = keep(id, state); !kept) return std::unexpected(kept.error());
    }
    auto etag = bucket_.complete(state.key, state.upload_id, state.etags);
    if (!etag) return forget(etag.error());
    return etag;
}

std::expected<void, Trouble> Uploader::verify(std::string const& key, std::uint64_t size,
                                              std::string const& etag) {
    auto const stored = bucket_.head(key);
    if (!stored) return std::unexpected(stored.error());
    if (stored->size == size && (etag.empty() || stored->etag == etag)) return {};
    return fail(Failure::checksum,
                "the object in the bucket is not what was sent: " + std::to_string(stored->size) +
                    " bytes, ETag " + stored->etag);
}

// With --delete-local the file goes first, and the entry, whose state knows that it may be gone,
// last.
std::expected<void, Trouble> Uploader::finish(Spool::Id id, Entry const& entry) {
    if (policy_.delete_local && open_segment(entry)) {
        if (auto removed = remove_file(entry.file); !removed)
            return fail(Failure::disk, removed.error());
    }
    if (auto removed = spool_.remove(id); !removed) return fail(Failure::disk, removed.error());
    return {};
}

std::expected<void, Trouble> Uploader::keep(Spool::Id id, UploadState const& state) {
    if (auto kept = spool_.keep_state(id, state); !kept) return fail(Failure::disk, kept.error());
    return {};
}

std::expected<void, std::string> Uploader::give_up(Spool::Id id) {
    auto const state = spool_.state_of(id);
    // If this does not succeed, the bucket's own rule for old uploads has to do it.
    if (!state.upload_id.empty()) static_cast<void>(bucket_.abort(state.key, state.upload_id));
    return spool_.bury(id);
}

}  // namespace tidegate::archive
