#include "rtmp/core/command.hpp"

#include "rtmp/core/amf0.hpp"

namespace tidegate::rtmp {

std::string const* Command::string_argument(std::size_t index) const {
    return index < arguments.size() ? arguments[index].string() : nullptr;
}

std::expected<Command, Error> read_command(base::ByteView body) {
    amf0::Reader reader(body);
    std::vector<amf0::Value> values;
    Command command;
    while (!reader.done() && command.unread.empty()) {
        if (auto value = reader.next()) {
            values.push_back(std::move(*value));
        } else {
            command.unread = std::move(value.error());
        }
    }
    if (values.empty() || values[0].string() == nullptr) {
        auto const no_value = values.empty() && !command.unread.empty();
        return fail(ErrorCode::message,
                    "invalid command: " + (no_value ? command.unread : "it has no name"));
    }
    command.name = *values[0].string();
    if (values.size() > 1) command.transaction_id = values[1].number().value_or(0);
    if (values.size() > 2) command.object = std::move(values[2]);
    for (std::size_t i = 3; i < values.size(); ++i) {
        command.arguments.push_back(std::move(values[i]));
    }
    return command;
}

base::Bytes write_command(Command const& command) {
    base::Bytes body;
    amf0::write(body, command.name);
    amf0::write(body, command.transaction_id);
    amf0::write(body, command.object);
    for (auto const& argument : command.arguments) amf0::write(body, argument);
    return body;
}

}  // namespace tidegate::rtmp
