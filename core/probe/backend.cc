#include "core/probe/backend.h"

namespace polytap {

LaunchNeeds Backend::launch_needs(const ir::Program&) const { return {}; }

}  // namespace polytap
