// A question: the script, checked and lowered, and whom it is about.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/source.h"
#include "core/lang/compile.h"
#include "core/probe/backend.h"
#include "core/probe/catalog.h"
#include "frontend/options.h"

namespace polytap {

// Owns what a program refers to. Not movable once made: the program points into the type provider.
struct Question {
  std::unique_ptr<TypeProvider> types;
  std::unique_ptr<ProbeCatalog> catalog;  // refers to types
  std::optional<Source> source;
  std::optional<Compiled> compiled;

  const ir::Program& program() const { return compiled->program; }
};

// Reads and compiles the script that OPTIONS name. Diagnostics go to standard error; nullptr when there were errors.
std::unique_ptr<Question> load_question(const Options& options);

// The script's text, or why it cannot be read.
Result<Source> read_script(const Options& options);

// The processes that OPTIONS or the script's predicates name; the command is added by whoever launches it.
Result<Target> choose_target(const Options& options, const Question& question);

// Every backend there is, in the order of preference at equal cost.
std::vector<std::unique_ptr<Backend>> all_backends();

}  // namespace polytap
