#include "tests/support/questions.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "core/probe/registers.h"
#include "core/syscall/table.h"

namespace polytap::test {
namespace {

const Syscall& call_of(const std::string& event) {
  const Syscall* call = find_syscall(event);
  CHECK(call != nullptr);
  return *call;
}

class WordSink : public MapSink {
 public:
  void entry(ir::MapId, std::span<const std::byte>, std::span<const std::byte> value) override {
    memcpy(&word, value.data(), sizeof word);
  }
  int64_t word = 0;
};

}  // namespace

ProbeSite enter_site(const std::string& event) { return syscall_enter_site(call_of(event)); }
ProbeSite exit_site(const std::string& event) { return syscall_exit_site(call_of(event)); }

ProbeSite event_site(const std::string& category, const std::string& event, const std::vector<std::string>& fields) {
  ProbeSite site;
  site.type = ProbeType::kTracepoint;
  site.category = category;
  site.event = event;
  site.name = "tracepoint:" + category + ":" + event;
  site.context = ContextKind::kTracepoint;
  for (uint32_t i = 0; i < fields.size(); i++) {
    site.arguments.push_back({fields[i], types::integer(4, true), 8 + 4 * i, 4, ProbeArgument::Form::kInline});
  }
  site.context_size = static_cast<uint32_t>(8 + 4 * fields.size());
  return site;
}

Question::Question() = default;

uint32_t Question::add_map(const std::string& name, Type value, uint32_t size) {
  ir::MapSpec map;
  map.name = name;
  map.value = std::move(value);
  map.value_size = size;
  program.maps.push_back(map);
  return static_cast<uint32_t>(program.maps.size() - 1);
}

ir::Function& Question::add_function(const ProbeSite& site) {
  ir::Function function;
  function.name = site.name;
  function.sites = {static_cast<uint32_t>(program.sites.size())};
  function.blocks.resize(1);
  program.sites.push_back(site);
  program.functions.push_back(function);
  return program.functions.back();
}

uint32_t Question::count(const ProbeSite& site) {
  Aggregation count;
  count.kind = AggregationKind::kCount;
  const Type type = types::aggregation(count);
  const uint32_t map = add_map("@" + std::to_string(program.maps.size()), type, ir::map_value_size(type));
  ir::Function& function = add_function(site);
  function.slots = {{"", 8}};
  function.temps = 1;
  function.blocks[0].instructions = {{0, ir::Const{1}, {}}, {ir::kNoTemp, ir::Aggregate{map, {}, 0}, {}}};
  return map;
}

uint32_t Question::last(const ProbeSite& site, uint32_t offset, uint8_t size) {
  const uint32_t map = add_map("@" + std::to_string(program.maps.size()), types::int64(), 8);
  ir::Function& function = add_function(site);
  function.slots = {{"", 8}, {"", 8}};
  function.temps = 2;
  function.blocks[0].instructions = {{0, ir::ContextLoad{offset, size, true}, {}},
                                     {ir::kNoTemp, ir::SlotStore{{1, 0}, 8, 0}, {}},
                                     {ir::kNoTemp, ir::MapSet{map, {}, {1, 0}}, {}}};
  return map;
}

void Question::add_emit(ir::Function& function, std::vector<ir::EmitField> fields, std::vector<Type> types) {
  ir::EmitSpec spec;
  spec.fields = std::move(types);
  const auto id = static_cast<ir::EmitId>(program.emits.size());
  program.emits.push_back(spec);
  function.blocks[0].instructions.push_back({ir::kNoTemp, ir::Emit{id, std::move(fields)}, {}});
}

void Question::show_string(const ProbeSite& site, uint32_t index) {
  ir::Function& function = add_function(site);
  function.slots = {{"", 64}};
  function.temps = 2;
  const uint32_t offset =
      site.context == ContextKind::kRegisters ? registers::kArguments[index] : kSyscallArgumentsOffset + 8 * index;
  function.blocks[0].instructions = {
      {0, ir::ContextLoad{offset, 8, false}, {}},
      {1, ir::ReadString{{0, 0}, 64, 0, AddressSpace::kUser, false}, {}},
  };
  add_emit(function, {{ir::EmitField::Kind::kString, ir::kNoTemp, {0, 0}, 64}}, {types::string(64)});
}

void Question::show_stack(const ProbeSite& site) {
  constexpr uint32_t kDepth = 16;
  ir::Function& function = add_function(site);
  function.slots = {{"", 8 + 8 * kDepth}};
  function.blocks[0].instructions = {{ir::kNoTemp, ir::ReadStack{{0, 0}, kDepth, AddressSpace::kUser}, {}}};
  add_emit(function, {{ir::EmitField::Kind::kBytes, ir::kNoTemp, {0, 0}, 8 + 8 * kDepth}},
           {types::user_stack(kDepth, StackMode::kBpftrace)});
}

void Question::show_builtin(const ProbeSite& site, ir::Builtin what) {
  ir::Function& function = add_function(site);
  function.temps = 1;
  function.blocks[0].instructions = {{0, ir::ReadBuiltin{what}, {}}};
  add_emit(function, {{ir::EmitField::Kind::kWord, 0, {}, 0}}, {types::uint64()});
}

void Question::exit_after(const ProbeSite& site, int64_t times, int code) {
  const uint32_t map = add_map("@calls", types::int64(), 8);
  ir::Function& function = add_function(site);
  function.slots = {{"", 8}};
  function.temps = 5;
  function.blocks.resize(3);
  function.blocks[0].instructions = {{0, ir::Const{1}, {}},
                                     {1, ir::MapAdd{map, {}, 0}, {}},
                                     {2, ir::Const{times - 1}, {}},
                                     {3, ir::Binary{ir::BinaryOp::kEqual, 1, 2}, {}}};
  function.blocks[0].end = ir::Branch{3, 1, 2};
  function.blocks[1].instructions = {{4, ir::Const{code}, {}}, {ir::kNoTemp, ir::Exit{4}, {}}};
}

uint64_t Shown::word(size_t index) const {
  uint64_t value = 0;
  CHECK(payload.size() >= 8 * (index + 1));
  memcpy(&value, payload.data() + 8 * index, sizeof value);
  return value;
}

void Collector::record(const EmittedRecord& record) {
  shown.push_back({record.emit, {record.payload.begin(), record.payload.end()}});
}

int64_t map_word(Session& session, uint32_t map) {
  WordSink sink;
  CHECK(session.snapshot(map, sink).ok());
  return sink.word;
}

Answer run_command(Backend& backend, const ir::Program& program, const std::vector<std::string>& command) {
  Answer run;
  auto launched = LaunchedCommand::create(command, backend.launch_needs(program));
  if (!launched.ok()) return {launched.error().message(), {}, {}, {}, {}, 0};
  Target target;
  target.counts_events = true;
  target.command = launched.value().get();
  auto session = backend.prepare(program, target);
  if (!session.ok()) return {session.error().message(), {}, {}, {}, {}, 0};
  if (Status status = session.value()->start(); !status.ok()) return {status.error().message(), {}, {}, {}, {}, 0};
  if (Status status = target.command->open_gate(); !status.ok()) return {status.error().message(), {}, {}, {}, {}, 0};
  Collector collector;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!session.value()->finished() && !collector.exit_code) {
    if (std::chrono::steady_clock::now() > deadline) {
      run.error = "the command did not end within 20 seconds";
      break;
    }
    usleep(2000);
    target.command->try_reap();
    CHECK(session.value()->drain(collector).ok());
  }
  CHECK(session.value()->stop().ok());
  CHECK(session.value()->drain(collector).ok());
  while (!target.command->try_reap() && std::chrono::steady_clock::now() < deadline) usleep(2000);
  if (!target.command->try_reap()) kill(target.command->pid(), SIGKILL);
  for (uint32_t map = 0; map < program.maps.size(); map++) run.words.push_back(map_word(*session.value(), map));
  run.shown = std::move(collector.shown);
  run.exit_code = collector.exit_code;
  run.status = target.command->exit_status();
  run.events = session.value()->events().value_or(0);
  return run;
}

}  // namespace polytap::test
