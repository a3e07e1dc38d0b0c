// Debug files from the servers in $DEBUGINFOD_URLS, by libdebuginfod, which is loaded only when it is asked.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace polytap {

// The debug file of a build-id (its bytes), fetched into debuginfod's cache. Waits for the network, at most TIMEOUT
// seconds: not for a thread that handles events. An error says what was missing: the library, servers, the file.
Result<UniqueFd> fetch_debug_file(const std::string& build_id, unsigned timeout);

}  // namespace polytap
