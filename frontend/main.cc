#include "frontend/compare_command.h"
#include "frontend/doctor_command.h"
#include "frontend/options.h"
#include "frontend/run_command.h"

int main(int argc, char** argv) {
  using namespace polytap;
  const auto parsed = parse_options(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  const Options& options = std::get<Options>(parsed);
  switch (options.action) {
    case Action::kRun:
      return run_command(options);
    case Action::kCompare:
      return compare_command(options);
    case Action::kDoctor:
      return doctor_command(options);
  }
  return 2;
}
