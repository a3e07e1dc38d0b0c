#include "core/probe/backend.h"

#include <fmt/format.h>

namespace polytap {

Status Session::unwatch(uint64_t address) {
  return Error(fmt::format("unwatch: there is no watchpoint at {:#x}", address));
}

LaunchNeeds Backend::launch_needs(const ir::Program&) const { return {}; }

}  // namespace polytap
