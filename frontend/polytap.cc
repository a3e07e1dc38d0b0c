#include "frontend/polytap.h"

#include <string_view>

#include "frontend/compare_command.h"
#include "frontend/doctor_command.h"
#include "frontend/options.h"
#include "frontend/run_command.h"
#include "frontend/strace_command.h"
#include "frontend/symbolize_command.h"

namespace polytap {

int run_polytap(int argc, char** argv, const BackendList& backends) {
  if (called_as_strace(argv[0])) return strace_command(argc, argv);
  if (argc > 1 && std::string_view(argv[1]) == "strace") return strace_command(argc - 1, argv + 1);
  if (argc > 1 && std::string_view(argv[1]) == "symbolize") return symbolize_command(argc - 1, argv + 1);
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
