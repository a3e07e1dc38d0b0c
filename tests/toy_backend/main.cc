// polytap with the toy for its only backend. POLYTAP_RECORDING: the event file that it replays.
#include <cstdlib>

#include "frontend/polytap.h"
#include "tests/toy_backend/toy_backend.h"

int main(int argc, char** argv) {
  const char* recording = std::getenv("POLYTAP_RECORDING");
  polytap::BackendList backends;
  backends.push_back(polytap::make_toy_backend(recording != nullptr ? recording : POLYTAP_DEFAULT_RECORDING));
  return polytap::run_polytap(argc, argv, backends);
}
