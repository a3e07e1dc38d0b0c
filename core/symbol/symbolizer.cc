#include "core/symbol/symbolizer.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/symbol/demangle.h"
#include "core/symbol/file_table.h"
#include "core/symbol/kernel_debug.h"
#include "core/symbol/kernel_symbols.h"
#include "core/symbol/perf_map.h"
#include "core/symbol/read_whole_file.h"

namespace polytap {
namespace {

using Clock = std::chrono::steady_clock;

// Names remembered over all processes.
constexpr size_t kMaxMemoized = 200'000;
// An address in no known mapping may be in a new one, so the maps are read again. Stacks walked by frame pointers also
// hold numbers that are no addresses: after so many readings in vain they may take only one part in 20 of the time.
constexpr unsigned kFreeReadings = 64;
constexpr int kReadingShare = 20;
// kallsyms is read again for an unknown address (a module or BPF program loaded since), at most this often.
constexpr auto kKernelRereadInterval = std::chrono::seconds(1);

// A number that can be the address of user code on x86-64, with five-level page tables too.
bool is_user_address(uint64_t address) { return address >= 4096 && address < uint64_t{1} << 56; }

// Memory where a compiler may have put code at run time. "/memfd:" is how .NET maps it twice.
bool may_be_jitted(const std::string& path) {
  return path.empty() || path.starts_with("//anon") || path.starts_with("[anon") || path.starts_with("/memfd:") ||
         path.starts_with("/dev/zero") || path.starts_with("/anon_hugepage");
}

}  // namespace

struct Symbolizer::State {
  struct Process {
    ProcessMaps::Version version;
    std::unordered_map<uint64_t, Symbol> names;
    std::unique_ptr<PerfMap> perf_map;
    unsigned readings_in_vain = 0;
    Clock::time_point next_reading;
  };

  State(ProcessMaps& process_maps, Options chosen)
      : maps(process_maps),
        options(std::move(chosen)),
        files(maps.proc_root(), {.path = "",
                                 .roots = {},
                                 .debug_directory = options.debug_directory,
                                 .more_directories = options.debug_directories,
                                 .lines = options.lines,
                                 .debuginfod_timeout = options.debuginfod_timeout,
                                 .debuginfod_cache = options.debuginfod_cache}) {}

  ProcessMaps& maps;
  const Options options;
  FileTable files;  // has a mutex of its own: hold() need not wait while a large file is read
  std::mutex mutex;
  std::unordered_map<pid_t, Process> processes;
  size_t memoized = 0;
  std::optional<KernelSymbols> kernel;
  Clock::time_point kernel_read_at;
  std::optional<KernelDebug> kernel_debug;

  std::unordered_map<std::string, std::string> demangled;

  std::string shown(std::string_view name) {
    if (!options.demangle || (!name.starts_with("_Z") && !name.starts_with("_R"))) return std::string(name);
    if (demangled.size() >= kMaxMemoized) demangled.clear();
    const auto [it, is_new] = demangled.try_emplace(std::string(name));
    if (is_new) it->second = demangle(name);
    return it->second;
  }

  void forget_names(Process& process) {
    memoized -= process.names.size();
    process.names.clear();
  }

  // What is remembered of PID, without what was made from another version.
  Process& process(pid_t pid) {
    Process& known = processes[pid];
    const ProcessMaps::Version version = maps.version(pid);
    if (known.version == version) return known;
    if (known.version.image != version.image) {
      known.perf_map.reset();
      known.readings_in_vain = 0;
    }
    forget_names(known);
    known.version = version;
    return known;
  }

  std::optional<Mapping> find_mapping(pid_t pid, Process& known, uint64_t address) {
    auto mapping = maps.find(pid, address);
    if (mapping || known.version.exited || !is_user_address(address)) return mapping;
    const auto begin = Clock::now();
    if (known.readings_in_vain >= kFreeReadings && begin < known.next_reading) return std::nullopt;
    // Fails when the process is gone; what was known of it stays.
    const bool read = maps.read_from_proc(pid).ok();
    const auto end = Clock::now();
    known.next_reading = end + (end - begin) * kReadingShare;
    if (read) mapping = maps.find(pid, address);
    process(pid);
    if (!mapping) ++known.readings_in_vain;
    return mapping;
  }

  std::optional<Symbol> find_jitted(pid_t pid, Process& known, uint64_t address) {
    if (!known.perf_map) known.perf_map = std::make_unique<PerfMap>(maps.proc_root(), pid);
    known.perf_map->refresh();
    const auto hit = known.perf_map->find(address);
    if (!hit) return std::nullopt;
    return Symbol{shown(hit->name), address - hit->start, known.perf_map->path(), address};
  }

  Symbol find_in_file(pid_t pid, const Process& known, const Mapping& mapping, uint64_t address) {
    Symbol symbol;
    // perf's events tell "//anon", with an offset that means nothing.
    const bool anonymous = mapping.path.empty() || mapping.path.starts_with("//anon");
    symbol.module = anonymous ? "[anon]" : mapping.path;
    const uint64_t file_offset = address - mapping.start + (anonymous ? 0 : mapping.offset);
    symbol.module_offset = file_offset;
    const auto file = files.open(pid, known.version.image, !known.version.exited, mapping);
    if (!file) return symbol;
    const auto file_address = file->address_at(file_offset);
    if (!file_address) return symbol;
    symbol.module_offset = *file_address;
    if (const auto hit = file->find(*file_address)) {
      symbol.name = shown(hit->name);
      symbol.offset = *file_address - hit->start;
    }
    symbol.signal_return = file->is_signal_return(*file_address);
    return symbol;
  }

  // An address that is no known code: data, or nothing at all.
  Symbol find_outside(pid_t pid, const Process& known, uint64_t address) {
    if (const auto data = maps.find_data(pid, address)) return find_in_file(pid, known, *data, address);
    Symbol symbol;
    symbol.module = known.version.image == 0 && is_user_address(address) ? "[unknown]" : "[unmapped]";
    symbol.module_offset = address;
    return symbol;
  }

  Symbol user(pid_t pid, uint64_t address) {
    Process& known = process(pid);
    if (const auto it = known.names.find(address); it != known.names.end()) return it->second;
    const auto mapping = find_mapping(pid, known, address);
    if (mapping && may_be_jitted(mapping->path)) {
      // Not remembered: the compiler may put other code there.
      if (auto symbol = find_jitted(pid, known, address)) return std::move(*symbol);
    }
    Symbol symbol = mapping ? find_in_file(pid, known, *mapping, address) : find_outside(pid, known, address);
    if (!mapping || may_be_jitted(mapping->path)) return symbol;
    if (memoized >= kMaxMemoized) {
      for (auto& [other_pid, other] : processes) forget_names(other);
    }
    if (known.names.emplace(address, symbol).second) ++memoized;
    return symbol;
  }

  // The memory that ADDRESS is in, for the user.
  static std::string unmapped(const ProcessMaps::Version& version) {
    if (version.image == 0) return "nothing is known of the process";
    return version.exited ? "nothing was mapped there when the process was last looked at" : "nothing is mapped there";
  }

  Location locate(pid_t pid, uint64_t address, bool inlines) {
    Process& known = process(pid);
    const auto mapping = find_mapping(pid, known, address);
    Symbol symbol = user(pid, address);
    std::vector<SourceFrame> frames;
    std::string why;
    std::shared_ptr<MappedFile> file;
    if (!mapping) {
      why = maps.find_data(pid, address) ? "data, not code" : unmapped(process(pid).version);
    } else if (mapping->path == kReturnProbeMapping) {
      why = "a uretprobe has put its trampoline in the place of the return address";
    } else if (may_be_jitted(mapping->path)) {
      why = symbol.name.empty() ? "made at run time, and no /tmp/perf-PID.map names it" : "made at run time: no DWARF";
    } else if (const ProcessMaps::Version version = maps.version(pid);
               !(file = files.open(pid, version.image, !version.exited, *mapping))) {
      why = "the file that was mapped there cannot be opened: it was deleted or replaced after the process had ended";
    } else if (const auto at = file->address_at(address - mapping->start + mapping->offset)) {
      file->find_source(*at, inlines, frames, why);
      if (symbol.name.empty()) why = fmt::format("{}; {}", file->symbols_missing(), why);
    } else {
      why = "not an ELF file";
    }
    Location location = make_location(std::move(symbol), frames, [this](std::string_view name) { return shown(name); });
    location.missing = std::move(why);
    return location;
  }

  Location locate_kernel(Symbol symbol, uint64_t address, bool inlines) {
    std::vector<SourceFrame> frames;
    std::string why;
    if (!kernel_debug) kernel_debug.emplace(maps.proc_root(), options.debug_directory);
    if (symbol.module.empty()) {
      kernel_debug->find_source(address, kernel->stext().value_or(0), inlines, frames, why);
    } else if (symbol.module != "bpf") {
      kernel_debug->find_module_source(symbol.module, address, inlines, frames, why);
    } else {
      why = "made at run time: no DWARF";
    }
    if (symbol.name.empty())
      why =
          kernel->empty() ? "/proc/kallsyms hides the addresses: not root, or kptr_restrict" : "not in /proc/kallsyms";
    const bool plain = symbol.name.empty();
    Location location = make_location(std::move(symbol), frames, [this](std::string_view name) { return shown(name); });
    if (plain && frames.empty()) location.frames.back().function = kernel_frame(location.symbol, address);
    location.missing = std::move(why);
    return location;
  }

  void read_kernel() {
    const auto text = read_whole_file(maps.proc_root() + "/kallsyms");
    kernel = text.ok() ? KernelSymbols::parse(*text) : KernelSymbols();
    kernel_read_at = Clock::now();
  }
};

Symbolizer::Symbolizer(ProcessMaps& maps, Options options) : state_(std::make_unique<State>(maps, std::move(options))) {
  if (!state_->options.hold_files) return;
  maps.set_listener([state = state_.get()](pid_t pid) {
    const ProcessMaps::Version version = state->maps.version(pid);
    if (version.exited) return;
    for (const Mapping& mapping : state->maps.mappings(pid)) state->files.open(pid, version.image, true, mapping);
  });
}

Symbolizer::~Symbolizer() {
  if (state_->options.hold_files) state_->maps.set_listener({});
}

Symbol Symbolizer::user(pid_t pid, uint64_t address) {
  const std::lock_guard lock(state_->mutex);
  return state_->user(pid, address);
}

Location Symbolizer::locate(pid_t pid, uint64_t address, bool inlines) {
  const std::lock_guard lock(state_->mutex);
  return state_->locate(pid, address, inlines);
}

Location Symbolizer::locate_kernel(uint64_t address, bool inlines) {
  const Symbol symbol = kernel(address);
  const std::lock_guard lock(state_->mutex);
  return state_->locate_kernel(symbol, address, inlines);
}

Symbol Symbolizer::kernel(uint64_t address) {
  const std::lock_guard lock(state_->mutex);
  State& state = *state_;
  if (!state.kernel) state.read_kernel();
  auto hit = state.kernel->find(address);
  const bool is_kernel_address = address >> 63 != 0;
  // Programs of eBPF come and go, and a new one lies where an old one was.
  const bool may_be_new = !hit || hit->module == "bpf";
  if (may_be_new && is_kernel_address && !state.kernel->empty() &&
      Clock::now() - state.kernel_read_at >= kKernelRereadInterval) {
    state.read_kernel();
    hit = state.kernel->find(address);
  }
  if (!hit) return Symbol();
  return Symbol{state.shown(hit->name), address - hit->start, std::string(hit->module), address};
}

// Within a function both are the same.
template <typename Find>
Symbol called_from(uint64_t address, Find find) {
  Symbol symbol = find(address);
  if (symbol.signal_return || (!symbol.name.empty() && symbol.offset > 0)) return symbol;
  Symbol before = find(address - 1);
  if (before.name.empty() || before.signal_return) return symbol;
  ++before.offset;
  ++before.module_offset;
  return before;
}

Symbol Symbolizer::user_frame_symbol(pid_t pid, uint64_t address, bool returned_to) {
  if (!returned_to || address == 0) return user(pid, address);
  return called_from(address, [&](uint64_t at) { return user(pid, at); });
}

Symbol Symbolizer::kernel_frame_symbol(uint64_t address, bool returned_to) {
  if (!returned_to || address == 0) return kernel(address);
  return called_from(address, [&](uint64_t at) { return kernel(at); });
}

std::optional<Symbolizer::BuildPlace> Symbolizer::build_place(pid_t pid, uint64_t address) {
  const std::lock_guard lock(state_->mutex);
  State::Process& known = state_->process(pid);
  const auto mapping = state_->find_mapping(pid, known, address);
  if (!mapping) return std::nullopt;
  const ProcessMaps::Version version = state_->maps.version(pid);
  const auto file = state_->files.open(pid, version.image, !version.exited, *mapping);
  if (!file || file->build_id().empty()) return std::nullopt;
  BuildPlace place{"", address - mapping->start + mapping->offset};
  for (const char byte : file->build_id()) place.build_id += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return place;
}

void Symbolizer::hold(pid_t pid) {
  State& state = *state_;
  // What is known may be older than the last dlopen.
  const bool alive = !state.maps.version(pid).exited && state.maps.read_from_proc(pid).ok();
  const uint64_t image = state.maps.version(pid).image;
  bool has_jitted = false;
  for (const Mapping& mapping : state.maps.mappings(pid)) {
    has_jitted |= may_be_jitted(mapping.path);
    state.files.open(pid, image, alive, mapping);
  }
  if (!alive || !has_jitted) return;
  const std::lock_guard lock(state.mutex);
  State::Process& known = state.process(pid);
  if (!known.perf_map) known.perf_map = std::make_unique<PerfMap>(state.maps.proc_root(), pid);
  known.perf_map->refresh();
}

std::string user_frame(const Symbol& symbol, uint64_t address) {
  if (symbol.name.empty()) {
    return symbol.module.empty() ? fmt::format("[unknown]+{:#x}", address)
                                 : fmt::format("{}+{:#x}", symbol.module, symbol.module_offset);
  }
  return symbol.module.empty() ? fmt::format("{}+{}", symbol.name, symbol.offset)
                               : fmt::format("{}+{} ({})", symbol.name, symbol.offset, symbol.module);
}

std::string default_debuginfod_cache() {
  if (const char* path = std::getenv("DEBUGINFOD_CACHE_PATH")) return path;
  if (const char* path = std::getenv("XDG_CACHE_HOME")) return fmt::format("{}/debuginfod_client", path);
  if (const char* path = std::getenv("HOME")) return fmt::format("{}/.cache/debuginfod_client", path);
  return {};
}

Location make_location(Symbol symbol, const std::vector<SourceFrame>& frames,
                       const std::function<std::string(std::string_view)>& shown) {
  Location location;
  location.symbol = std::move(symbol);
  const Symbol& from_table = location.symbol;
  const auto fallback = [&] {
    if (!from_table.name.empty()) return from_table.name;
    return fmt::format("{}+{:#x}", from_table.module.empty() ? "[unknown]" : from_table.module,
                       from_table.module_offset);
  };
  for (const SourceFrame& frame : frames) {
    // The symbol table knows nothing of inlined calls.
    const bool is_last = &frame == &frames.back();
    std::string name = shown(frame.function);
    if (name.empty()) name = is_last ? fallback() : "[unnamed]";
    location.frames.push_back({std::move(name), std::string(frame.file), frame.line, frame.column});
  }
  if (frames.empty()) location.frames.push_back({fallback(), "", 0, 0});
  return location;
}

std::string kernel_frame(const Symbol& symbol, uint64_t address) {
  if (symbol.name.empty()) return fmt::format("{}+{:#x}", address >> 63 != 0 ? "[kernel]" : "[unmapped]", address);
  return symbol.module.empty() ? fmt::format("{}+{}", symbol.name, symbol.offset)
                               : fmt::format("{}+{} [{}]", symbol.name, symbol.offset, symbol.module);
}

}  // namespace polytap
