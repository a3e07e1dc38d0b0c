// Loops. Every way back is counted, so that a loop that does not end is stopped on every backend, and says so.
#include <fmt/format.h>

#include "core/lang/checker.h"
#include "core/lang/lowerer.h"
#include "core/lang/reference.h"

namespace polytap {
namespace {

// Of all loops of one firing together: far above what a probe can afford, and below where the kernel (8 million rounds,
// or 250 ms from Linux 6.15 on) and the interpreter would stop it without a word.
constexpr int64_t kMaxRounds = int64_t{1} << 20;

}  // namespace

void Lowerer::unroll(const ast::Unroll& statement) {
  const int64_t count = info(*statement.count).constant.value_or(0);
  const ir::BlockId behind = build_.new_block();
  for (int64_t i = 0; i < count; ++i) {
    const ir::BlockId next = build_.new_block();
    loops_.push_back({next, behind});
    block(statement.body);
    loops_.pop_back();
    build_.jump(next);
    build_.switch_to(next);
  }
  build_.jump(behind);
  build_.switch_to(behind);
}

void Lowerer::while_loop(const ast::While& statement) {
  const ir::BlockId head = build_.new_block();
  const ir::BlockId body = build_.new_block();
  const ir::BlockId next = build_.new_block();
  const ir::BlockId behind = build_.new_block();
  build_.jump(head);
  build_.switch_to(head);
  branch(*statement.condition, body, behind);
  build_.switch_to(body);
  loops_.push_back({next, behind});
  block(statement.body);
  loops_.pop_back();
  build_.jump(next);
  build_.switch_to(next);
  next_round(head, statement.condition->span);
  build_.switch_to(behind);
}

// The ends are taken once; the script may change its variable without changing the loop's course.
void Lowerer::for_range(const ast::ForRange& statement) {
  const ir::Place counter{build_.scratch(8), 0};
  const ir::Place end{build_.scratch(8), 0};
  build_.store(counter, word(*statement.from));
  build_.store(end, word(*statement.to));
  const ir::BlockId head = build_.new_block();
  const ir::BlockId body = build_.new_block();
  const ir::BlockId next = build_.new_block();
  const ir::BlockId behind = build_.new_block();
  build_.jump(head);
  build_.switch_to(head);
  build_.branch(build_.binary(ir::BinaryOp::kSignedLess, build_.load(counter), build_.load(end)), body, behind);
  build_.switch_to(body);
  build_.store(variable_place(function_.loop_variables.at(&statement)), build_.load(counter));
  loops_.push_back({next, behind});
  block(statement.body);
  loops_.pop_back();
  build_.jump(next);
  build_.switch_to(next);
  build_.store(counter, build_.binary(ir::BinaryOp::kAdd, build_.load(counter), constant(1)));
  next_round(head, statement.variable_span);
  build_.switch_to(behind);
}

void Lowerer::for_map(const ast::ForMap& statement) {
  const ir::MapId id = map_id(*named_map(*statement.map));
  const std::vector<Type>& key = map(id).key;
  const bool aggregation = map(id).value.is(TypeKind::kAggregation);
  // As the map has them; the variable may be wider.
  const Type entry = types::tuple(
      {key.size() == 1 ? key.front() : types::tuple(key), aggregation ? number_type(map(id).value) : map(id).value});
  const ir::Place variable = variable_place(function_.entry_variables.at(&statement));
  const Type& wanted = function_.variables[function_.entry_variables.at(&statement)].type;
  const ir::Place place = wanted == entry ? variable : scratch_for(entry);
  const ir::Place value{place.slot, place.offset + entry.elements[0].storage_size()};
  const ir::Place position{build_.scratch(8), 0};
  build_.store(position, constant(0));
  const ir::BlockId head = build_.new_block();
  const ir::BlockId body = build_.new_block();
  const ir::BlockId next = build_.new_block();
  const ir::BlockId behind = build_.new_block();
  build_.jump(head);
  build_.switch_to(head);
  build_.branch(build_.add(ir::MapNext{id, position, place, value}), body, behind);
  build_.switch_to(body);
  if (aggregation) build_.store(value, build_.add(ir::AggregateRead{id, place}));
  convert(place, entry, variable, wanted);
  loops_.push_back({next, behind});
  block(statement.body);
  loops_.pop_back();
  build_.jump(next);
  build_.switch_to(next);
  next_round(head, statement.variable_span);
  build_.switch_to(behind);
}

void Lowerer::next_round(ir::BlockId head, Span loop) {
  if (!rounds_) rounds_ = build_.slot(8);
  const ir::Place rounds{*rounds_, 0};
  const ir::Temp count = build_.binary(ir::BinaryOp::kAdd, build_.load(rounds), constant(1));
  build_.store(rounds, count);
  const ir::BlockId cut = build_.new_block();
  build_.branch(build_.binary(ir::BinaryOp::kUnsignedLess, count, constant(kMaxRounds)), head, cut);
  build_.switch_to(cut);
  ir::EmitSpec spec;
  spec.kind = ir::EmitKind::kErrorf;
  spec.format = fmt::format("this loop was stopped: the probe's loops went round {} times in one firing", kMaxRounds);
  spec.control = true;
  spec.span = loop;
  emit(std::move(spec), {});
  build_.ret();
}

}  // namespace polytap
