#include "run_options.hpp"

#include <chrono>
#include <optional>

#include "archive/core/object_key.hpp"
#include "net/address.hpp"
#include "recording/path_template.hpp"

namespace tidegate::archive {

namespace {

using namespace std::chrono_literals;

std::optional<std::string> check_listen(std::string const& value) {
    if (value.empty() || net::parse_listen_address(value)) return std::nullopt;
    return "[HOST]:PORT, such as 127.0.0.1:9995";
}

std::optional<std::string> check_key(std::string const& value) {
    auto const problem = key_template_problem(value);
    if (problem.empty()) return std::nullopt;
    return "a template such as %path/%Y/%m/%d/%file (" + problem + ")";
}

// The metadata service is on the machine or on its link, and speaks HTTP.
std::optional<std::string> check_metadata(std::string const& value) {
    auto const made = Endpoint::make({.endpoint = value, .bucket = "any", .allow_http = false});
    if (made || value == "http://169.254.169.254" || value == "http://[fd00:ec2::254]")
        return std::nullopt;
    return "http://169.254.169.254, http://[fd00:ec2::254], or an address of this machine";
}

void add_bucket(config::Flags& flags, Options& options) {
    auto& endpoint = options.endpoint;
    auto const bucket =
        flags.text("bucket", "ARCHIVE_BUCKET", "the bucket", endpoint.bucket).required();
    auto const url =
        flags.text("endpoint", "ARCHIVE_ENDPOINT",
                   "the server: https://HOST[:PORT]; by default that of AWS for the region",
                   endpoint.endpoint);
    auto const region =
        flags.text("region", "AWS_REGION", "the region of the bucket", endpoint.region);
    auto const addressing =
        flags
            .text("addressing", "ARCHIVE_ADDRESSING",
                  "path: https://HOST/BUCKET/KEY; virtual: https://BUCKET.HOST/KEY",
                  options.addressing)
            .one_of({"path", "virtual"});
    auto const http =
        flags.flag("allow-http", "ARCHIVE_ALLOW_HTTP",
                   "allow an endpoint of another machine without TLS", endpoint.allow_http);
    flags.together(
        {bucket, url, region, addressing, http}, [&options]() -> std::optional<std::string> {
            options.endpoint.virtual_host = options.addressing == "virtual";
            auto const made = Endpoint::make(options.endpoint);
            if (made) return std::nullopt;
            return "--endpoint, --bucket and --region are not accepted together: " + made.error();
        });
    flags.text("ca-file", "ARCHIVE_CA_FILE",
               "the certificates that the server's must be signed by; by default the system's",
               options.ca_file);
}

void add_credentials(config::Flags& flags, Options& options) {
    auto& settings = options.credentials;
    auto const id = flags.secret("AWS_ACCESS_KEY_ID", "the key that requests are signed with",
                                 settings.environment.key_id);
    flags.secret("AWS_SECRET_ACCESS_KEY", "the secret of AWS_ACCESS_KEY_ID",
                 settings.environment.secret);
    flags.secret("AWS_SESSION_TOKEN", "the token of a session", settings.environment.token);
    auto const file =
        flags
            .text("credentials-file", "ARCHIVE_CREDENTIALS_FILE",
                  "a file with {\"AccessKeyId\", \"SecretAccessKey\"}, for nobody else to read",
                  settings.file)
            .check([](std::string const& value) -> std::optional<std::string> {
                auto const problem = credentials_file_problem(value);
                if (value.empty() || problem.empty()) return std::nullopt;
                return "a file that only its owner can read (" + problem + ")";
            });
    auto const metadata =
        flags.flag("instance-metadata", "ARCHIVE_INSTANCE_METADATA",
                   "ask the machine's metadata service (IMDSv2)", settings.metadata);
    flags
        .text("metadata-endpoint", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "where it is",
              settings.metadata_endpoint)
        .check(check_metadata);
    flags.together({id, file, metadata}, [&settings]() -> std::optional<std::string> {
        bool const environment =
            !settings.environment.key_id.empty() && !settings.environment.secret.empty();
        if (environment || !settings.file.empty() || settings.metadata) return std::nullopt;
        return "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give "
               "--credentials-file or --instance-metadata";
    });
}

// A segment's file has one of the two extensions.
std::optional<std::string> set_leftovers(Options& options) {
    options.leftovers = {.age = options.found_after};
    for (auto const* const extension : {".mp4", ".ts"}) {
        if (options.record_path.empty()) continue;
        auto files = recording::PathTemplate::parse(options.record_path, extension);
        if (!files) return "--record-path is not accepted: " + files.error();
        options.leftovers.files.push_back(*std::move(files));
    }
    return std::nullopt;
}

void add_leftovers(config::Flags& flags, Options& options) {
    auto const path = flags.text("record-path", "ARCHIVE_RECORD_PATH",
                                 "the router's recordPath: also upload what no hook tells of, such "
                                 "as the last segment of a router that was killed",
                                 options.record_path);
    auto const age =
        flags
            .duration("found-after", "ARCHIVE_FOUND_AFTER",
                      "such a segment is taken when its last byte is so old", options.found_after)
            .between(base::Duration{100ms}, base::Duration{1h});
    flags.together({path, age}, [&options] { return set_leftovers(options); });
}

void add_work(config::Flags& flags, Options& options) {
    flags.text("key", "ARCHIVE_KEY", "the name of an object", options.policy.key_template)
        .check(check_key);
    flags.flag("delete-local", "ARCHIVE_DELETE_LOCAL",
               "remove a segment's file once its object was checked", options.policy.delete_local);
    flags
        .number("uploads", "ARCHIVE_UPLOADS",
                "how many segments are uploaded at a time, of as many streams", options.uploads)
        .between(1, 64);
    flags
        .duration("scan-interval", "ARCHIVE_SCAN_INTERVAL", "how often the spool is looked at",
                  options.scan_interval)
        .between(base::Duration{10ms}, base::Duration{1min});
    flags
        .duration("stop-timeout", "STOP_TIMEOUT", "how long uploads may go on after SIGTERM",
                  options.stop_timeout)
        .between(base::Duration{0s}, base::Duration{10min});
    flags
        .duration("slow-timeout", "ARCHIVE_SLOW_TIMEOUT",
                  "a server that takes less than 1 KiB a second for so long is given up",
                  options.slow_timeout)
        .between(base::Duration{1s}, base::Duration{10min});
    flags
        .text("metrics-listen", "METRICS_LISTEN",
              "where to serve /metrics and /healthz; by default nowhere", options.metrics_listen)
        .check(check_listen);
}

}  // namespace

config::ParseResult parse_command_line(int argc, char const* const* argv, Options& options) {
    config::Flags flags("segment-archiver run",
                        "Uploads the segments in the spool to S3-compatible object storage.",
                        "0.1.0");
    flags.text("spool", "ARCHIVE_SPOOL", "the folder in which segments wait", options.spool)
        .required();
    add_bucket(flags, options);
    add_credentials(flags, options);
    add_leftovers(flags, options);
    add_work(flags, options);
    program::add_log_flags(flags, options.log);
    return flags.parse(argc, argv);
}

}  // namespace tidegate::archive
