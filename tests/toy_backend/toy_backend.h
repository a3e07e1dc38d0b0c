// The smallest whole backend: it answers from a recorded event file. The example of docs/add-a-backend.md.
//
// The file is JSON lines, as tests/toy_backend/record writes them. First {"command": the program's name, "layouts":
// {event: its fields' places}, "memory": {address: the bytes of a text and its NUL}}, then for each event in order
// {"event", "nsecs", "pid", "tid", "cpu", "uid", "gid", "comm", "context": bytes}.
#pragma once

#include <memory>
#include <string>

#include "core/probe/backend.h"

namespace polytap {
std::unique_ptr<Backend> make_toy_backend(const std::string& recording);
}  // namespace polytap
