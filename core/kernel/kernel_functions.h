// Sites of kernel function probes: which functions the kernel has, and what BTF knows of them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/kernel/btf_types.h"
#include "core/probe/catalog.h"

namespace polytap {

// Where the kernel tells; tests put files of their own there.
struct KernelFunctionFiles {
  std::string symbols = "/proc/kallsyms";
  std::string tracefs;  // root; "" when it cannot be read
  std::string perf_devices = "/sys/bus/event_source/devices";
  std::string blacklist = "/sys/kernel/debug/kprobes/blacklist";
  std::string traceable = {};  // the list of functions; "" for the tracer's own, available_filter_functions of tracefs

  // The text of the list; an error where there is none.
  Result<std::string> read_traceable() const;
};

// Reads nothing before the first question. For one thread.
class KernelFunctions {
 public:
  // BTF (not owned) answers for arguments.
  KernelFunctions(KernelFunctionFiles files, const BtfTypes& btf) : files_(std::move(files)), btf_(btf) {}

  // ProbeCatalog::kernel_functions().
  Result<std::vector<ProbeSite>> find(ProbeType type, const FunctionQuery& query);
  // Every function that a pattern can match, of MODULE (empty: any), in order of name and each once.
  std::vector<std::string> names(std::string_view module);
  // The same for kFentry and kFexit.
  Result<std::vector<ProbeSite>> find_traced(ProbeType type, const FunctionQuery& query);
  // Why there are no kprobes here, when there are none.
  Status available() const;

 private:
  struct Symbol {
    std::string name;
    std::string module;  // empty: the kernel itself
    uint64_t address = 0;
    uint64_t size = 0;              // up to the next symbol; 0: not known
    size_t listed = 0;              // functions of that name in the tracer's list
    std::vector<uint64_t> entries;  // as in ProbeSite
  };
  const std::string& symbols();
  // The text symbols that ACCEPT takes; sizes only with ADDRESSES, which root alone sees.
  std::vector<Symbol> scan(const std::function<bool(std::string_view name, std::string_view module)>& accept,
                           bool addresses);
  std::optional<Symbol> around(uint64_t address);
  void find_entries(std::vector<Symbol>& found);
  static void merge_namesakes(std::vector<Symbol>& found, const std::vector<Symbol>& with_addresses);
  std::vector<Symbol> probeable(std::string_view function, std::string_view module);
  void add_arguments(ProbeSite& site) const;
  std::optional<ProbeSite> traced(ProbeType type, const std::string& function, const std::string& module) const;
  Result<ProbeSite> site_at(ProbeType type, uint64_t address);
  Result<ProbeSite> site_of(ProbeType type, const FunctionQuery& query, const Symbol& symbol) const;

  KernelFunctionFiles files_;
  const BtfTypes& btf_;
  std::optional<std::string> symbols_;  // the text
};

}  // namespace polytap
