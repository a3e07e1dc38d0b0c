// Which probe sites exist here, and what they look like.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/probe/site.h"

namespace polytap {

// A function in a program, a library or the kernel.
struct FunctionQuery {
  // Whose files are meant: of its root directory, by its PATH. 0: polytap's own.
  pid_t process = 0;
  std::string module;      // uprobe: a path, a program in PATH or a library (libc, libc.so.6), globs allowed; kprobe: a
                           // module's name, empty: any
  std::string function;    // a symbol, globs allowed; empty when `address` tells
  uint64_t offset = 0;     // bytes behind the function's start
  bool demangled = false;  // uprobe: `function` is the C++ name as the programmer wrote it, with or without parameters
  bool with_types = true;  // also look for what is known of arguments and results (reads debugging information)
  bool with_variables = false;  // uprobe: also look for the parameters and local variables there
  std::string source_file;      // uprobe: a line of a source file, as much of its path as tells it; empty: not asked so
  uint32_t line = 0;
  uint32_t column = 0;              // 0: any
  std::optional<uint64_t> address;  // uprobe: in the file's own address space (what its symbol table has); kprobe:
                                    // in the kernel
};

// A probe that a program or a library defines (sys/sdt.h).
struct UsdtQuery {
  std::string module;    // as FunctionQuery::module; "" or "*": every file that `process` has mapped, or any process
  std::string provider;  // globs allowed; empty: any
  std::string probe;     // globs allowed
  pid_t process = 0;
};

// Finds tracepoints and raw tracepoints, and functions. Reads lazily: only the formats that are asked for.
class ProbeCatalog {
 public:
  virtual ~ProbeCatalog() = default;
  // Every tracepoint whose category and event match the globs (* ? [..]), in order of name. Empty: none match.
  // An error only when the machine cannot be asked at all (the message names the remedy).
  virtual Result<std::vector<ProbeSite>> tracepoints(std::string_view category, std::string_view event) const = 0;
  // Every raw tracepoint that matches; arguments typed from BTF where it knows them.
  virtual Result<std::vector<ProbeSite>> raw_tracepoints(std::string_view event) const = 0;
  // Sites of TYPE (kUprobe, kUretprobe) that match: named, with what is known of arguments ("ret": the result) from
  // DWARF or the table of libc's prototypes. Empty: no such function. An error: no such file, or it is not ELF.
  virtual Result<std::vector<ProbeSite>> user_functions(ProbeType type, const FunctionQuery& query) const;
  // The same for kKprobe and kKretprobe, with BTF's prototypes, and for kFentry and kFexit (FunctionQuery::module may
  // be "bpf" or "bpf:ID": functions of loaded BPF programs). An error: this kernel has none of them.
  virtual Result<std::vector<ProbeSite>> kernel_functions(ProbeType type, const FunctionQuery& query) const;
  // The types of MODULE's debugging information (a uprobe site's file), by their names in its source ("struct point",
  // "size_t", "ns::shape"); what is found has names that user_types() knows as well. Null: it has none.
  virtual const TypeProvider* module_types(std::string_view module) const;
  // Those of all modules together, by the names that module_types() gave. Null: there are none.
  virtual const TypeProvider* user_types() const;
  // One site for each place where a probe that matches stands, with its arguments (arg0, arg1, ...). Empty: there is no
  // such probe. An error: no such file, or it is not ELF.
  virtual Result<std::vector<ProbeSite>> usdt_probes(const UsdtQuery& query) const;
  // Names for suggestions: the functions of MODULE (empty: the kernel's).
  virtual std::vector<std::string> function_names(ProbeType type, std::string_view module) const;
  // All names "category:event", for suggestions and -l.
  virtual std::vector<std::string> tracepoint_names() const = 0;
  virtual std::vector<std::string> raw_tracepoint_names() const = 0;
};

}  // namespace polytap
