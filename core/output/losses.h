// What was lost, as the user reads it: while the script runs, and at the end.
#pragma once

#include "core/ir/ir.h"
#include "core/output/renderer.h"
#include "core/probe/backend.h"

namespace polytap {

class LossRenderer {
 public:
  // Neither is owned.
  LossRenderer(bool is_json, const ir::Program& program, ByteSink& sink)
      : is_json_(is_json), program_(program), sink_(sink) {}

  // Tells what has grown since the last time.
  void so_far(const Losses& losses);
  void at_end(const Losses& losses);

 private:
  void as_json(const Losses& losses);

  bool is_json_;
  const ir::Program& program_;
  ByteSink& sink_;
  Losses told_;
};

}  // namespace polytap
