// Programs and runs for tests of backends, without the language: what to count and what to show.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ir/ir.h"
#include "core/probe/backend.h"
#include "core/probe/site.h"
#include "core/run/launch.h"

namespace polytap::test {

ProbeSite enter_site(const std::string& event);  // "getppid": tracepoint:syscalls:sys_enter_getppid
ProbeSite exit_site(const std::string& event);
// A tracepoint with 4-byte fields one behind the other from offset 8.
ProbeSite event_site(const std::string& category, const std::string& event, const std::vector<std::string>& fields);

// Builds a program: a function per call, in order.
class Question {
 public:
  Question();
  // @mapN = count(), where N counts the calls of count() and last().
  uint32_t count(const ProbeSite& site);
  // @mapN = the context's word of SIZE bytes at OFFSET, signed.
  uint32_t last(const ProbeSite& site, uint32_t offset, uint8_t size);
  // Emits the string at the user address that argument INDEX holds, capacity 64, or the user stack, depth 16.
  void show_string(const ProbeSite& site, uint32_t index);
  void show_stack(const ProbeSite& site);
  void show_builtin(const ProbeSite& site, ir::Builtin what);
  // exit(code) once the site has fired TIMES times.
  void exit_after(const ProbeSite& site, int64_t times, int code);

  ir::Program program;

 private:
  uint32_t add_map(const std::string& name, Type value, uint32_t size);
  ir::Function& add_function(const ProbeSite& site);
  void add_emit(ir::Function& function, std::vector<ir::EmitField> fields, std::vector<Type> types);
};

struct Shown {
  ir::EmitId emit = 0;
  std::vector<std::byte> payload;
  uint64_t word(size_t index) const;
};

// Collects what a session delivers.
class Collector : public EventSink {
 public:
  void record(const EmittedRecord& record) override;
  void exit_requested(int code) override { exit_code = code; }
  std::vector<Shown> shown;
  std::optional<int> exit_code;
};

// The word that scalar map MAP holds; 0 when nothing was stored.
int64_t map_word(Session& session, uint32_t map);

struct Answer {
  std::string error;
  std::vector<int64_t> words;  // of the maps
  std::vector<Shown> shown;
  std::optional<int> exit_code;  // of the script
  std::optional<int> status;     // of the command, as wait(2) has it
  uint64_t events = 0;
};

// Runs COMMAND to its end under BACKEND (at most 20 seconds).
Answer run_command(Backend& backend, const ir::Program& program, const std::vector<std::string>& command);

}  // namespace polytap::test
