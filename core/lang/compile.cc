#include "core/lang/compile.h"

#include <cstdio>
#include <utility>

#include "core/base/check.h"
#include "core/ir/optimize.h"
#include "core/ir/verify.h"
#include "core/lang/bind_references.h"
#include "core/lang/check.h"
#include "core/lang/config.h"
#include "core/lang/expand_macros.h"
#include "core/lang/implied_pid.h"
#include "core/lang/lower.h"
#include "core/lang/resolve_probes.h"
#include "core/lang/unstable.h"

namespace polytap {
namespace {

// The lowering keeps the IR's rules, whatever the script: a broken one is a bug of ours.
void must_verify(const ir::Program& program, const char* after) {
  const Status status = ir::verify(program);
  if (status.ok()) return;
  std::fprintf(stderr, "polytap: the program is not valid after %s: %s\n", after, status.error().message().c_str());
  CHECK(false);
}

std::optional<Compiled> compile_expanded(const ast::Script& expanded, CompileInput input, Diagnostics& diagnostics) {
  const std::optional<ast::Script> bound = bind_references(expanded, diagnostics);
  const ast::Script& script = bound ? *bound : expanded;
  input.settings = apply_config(script, input.settings, input.settings_kept, diagnostics);
  std::vector<ResolvedProbe> probes = resolve_probes(script, input, diagnostics);
  CheckedScript checked = check(script, std::move(probes), input, diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  ir::Program program = lower(checked, diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  must_verify(program, "lowering");
  Compiled compiled;
  compiled.program = ir::optimize(std::move(program));
  must_verify(compiled.program, "optimization");
  compiled.implied_pid = implied_pid(checked);
  compiled.header_notes = checked.types->header_notes();
  compiled.options = {checked.options.begin(), checked.options.end()};
  compiled.types = std::move(checked.types);
  return compiled;
}

}  // namespace

std::optional<Compiled> compile(const ast::Script& script, const CompileInput& input, Diagnostics& diagnostics) {
  CHECK(input.catalog != nullptr);
  refuse_unstable(script, diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  if (!has_macros(script)) return compile_expanded(script, input, diagnostics);
  const ExpandedScript expanded = expand_macros(script, diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  Diagnostics found;
  std::optional<Compiled> compiled = compile_expanded(expanded.script, input, found);
  diagnostics.append(expanded.with_calls(found));
  return compiled;
}

}  // namespace polytap
