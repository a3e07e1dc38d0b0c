// User function probes without BPF: perf's samples of uprobes, interpreted.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/probe/backend.h"

namespace polytap {

std::unique_ptr<Backend> make_uprobe_backend();

// Removes the uprobe events that polytap processes which are gone left in tracefs. Returns the names of their groups.
std::vector<std::string> sweep_stale_uprobe_events();

}  // namespace polytap
