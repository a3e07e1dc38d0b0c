#include "frontend/polytap.h"

#include "frontend/compare_command.h"
#include "frontend/doctor_command.h"
#include "frontend/options.h"
#include "frontend/run_command.h"

namespace polytap {

int run_polytap(int argc, char** argv, const BackendList& backends) {
  const auto parsed = parse_options(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  const Options& options = std::get<Options>(parsed);
  switch (options.action) {
    case Action::kRun:
      return run_command(options, backends);
    case Action::kCompare:
      return compare_command(options, backends);
    case Action::kDoctor:
      return doctor_command(options, backends);
  }
  return 2;
}

}  // namespace polytap
