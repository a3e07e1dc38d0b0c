// The smallest whole backend: it answers from a recorded event file. The example of docs/add-a-backend.md.
//
// The file is JSON lines, as tests/toy_backend/record writes them. First {"command": the program's name, "layouts":
// {event: its fields' places}}, then for each event in order {"event", "nsecs", "pid", "tid", "cpu",
// "comm": 16 bytes, "context": bytes, "memory": {address: the bytes of the text that an argument points to}}.
#pragma once

#include <memory>
#include <string>

#include "core/probe/backend.h"

namespace polytap {
std::unique_ptr<Backend> make_toy_backend(const std::string& recording);
}  // namespace polytap
