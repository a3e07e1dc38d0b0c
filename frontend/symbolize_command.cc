#include "frontend/symbolize_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/symbol/demangle.h"
#include "core/symbol/mapped_file.h"
#include "core/symbol/symbolizer.h"
#include "frontend/symbolize_options.h"
#include "frontend/symbolize_output.h"

namespace polytap {
namespace {

// Also without -i the function is the innermost one, as addr2line has it.
bool wants_inlines(const SymbolizeOptions& options) { return options.functions || options.inlines || options.json; }

// Whose addresses they are.
class AddressSpace {
 public:
  virtual ~AddressSpace() = default;
  // Valid until the next call.
  virtual const Answer& locate(uint64_t address) = 0;
  // Whether the same address has the same answer tomorrow.
  virtual bool is_fixed() const = 0;
};

class FileSpace : public AddressSpace {
 public:
  static Result<std::unique_ptr<AddressSpace>> open(const SymbolizeOptions& options) {
    UniqueFd fd(::open(options.file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return Error::from_errno(options.file);
    if (!S_ISREG(status.st_mode)) return Error(fmt::format("{} is not a regular file", options.file), EINVAL);
    const int copy = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0);
    if (!ElfFile::open(UniqueFd(copy))) return Error(fmt::format("{} is not an ELF file", options.file), ENOEXEC);
    return std::unique_ptr<AddressSpace>(new FileSpace(options, std::move(fd)));
  }

  const Answer& locate(uint64_t address) override {
    frames_.clear();
    answer_.frames.clear();
    answer_.missing.clear();
    answer_.symbol = {"", 0, options_.file, address};
    const bool known = file_.find_source(address, wants_inlines(options_), frames_, answer_.missing);
    // The symbol table is read when DWARF does not name the function, or when both are shown.
    if (options_.json || (options_.functions && (!known || frames_.back().function.empty()))) ask_symbols(address);
    for (const SourceFrame& frame : frames_) {
      const std::string_view name = frame.function.empty() ? "[unnamed]" : shown(frame.function);
      answer_.frames.push_back({name, frame.file, frame.line, frame.column});
    }
    if (frames_.empty()) answer_.frames.emplace_back();
    // The symbol table knows nothing of inlined calls: it names the last one.
    if (frames_.empty() || frames_.back().function.empty()) answer_.frames.back().function = name_without_dwarf();
    return answer_;
  }
  bool is_fixed() const override { return true; }

 private:
  FileSpace(const SymbolizeOptions& options, UniqueFd fd) : options_(options), file_(std::move(fd), search(options)) {}

  static DebugFileSearch search(const SymbolizeOptions& options) {
    DebugFileSearch search;
    char* real = ::realpath(options.file.c_str(), nullptr);
    search.path = real != nullptr ? real : options.file;
    std::free(real);
    search.roots = {""};
    search.debug_directory = options.debug_directory;
    search.lines = true;
    search.debuginfod_timeout = options.debuginfod ? options.debuginfod_timeout : 0;
    search.debuginfod_cache = default_debuginfod_cache();
    return search;
  }

  void ask_symbols(uint64_t address) {
    if (const auto hit = file_.find(address)) {
      answer_.symbol.name = shown(hit->name);
      answer_.symbol.offset = address - hit->start;
      return;
    }
    const std::string_view why = file_.symbols_missing();
    answer_.missing = answer_.missing.empty() ? std::string(why) : fmt::format("{}; {}", why, answer_.missing);
  }

  std::string_view name_without_dwarf() {
    if (!answer_.symbol.name.empty()) return answer_.symbol.name;
    fallback_ = fmt::format("{}+{:#x}", options_.file, answer_.symbol.module_offset);
    return fallback_;
  }

  std::string_view shown(std::string_view name) {
    if (!options_.demangle) return name;
    const auto [it, is_new] = demangled_.try_emplace(name);
    if (is_new) it->second = demangle(name);
    return it->second;
  }

  const SymbolizeOptions& options_;
  MappedFile file_;
  std::unordered_map<std::string_view, std::string> demangled_;  // the names live as long as the file
  std::vector<SourceFrame> frames_;
  Answer answer_;
  std::string fallback_;
};

bool is_kernel_address(uint64_t address) { return address >> 63 != 0; }

class ProcessSpace : public AddressSpace {
 public:
  static Result<std::unique_ptr<AddressSpace>> open(const SymbolizeOptions& options) {
    std::unique_ptr<ProcessSpace> space(new ProcessSpace(options));
    if (options.pid != 0) TRY(space->maps_.read_from_proc(options.pid));
    return std::unique_ptr<AddressSpace>(std::move(space));
  }

  const Answer& locate(uint64_t address) override {
    const bool inlines = wants_inlines(options_);
    const bool of_process = options_.pid != 0 && !is_kernel_address(address);
    location_ =
        of_process ? symbolizer_.locate(options_.pid, address, inlines) : symbolizer_.locate_kernel(address, inlines);
    answer_.symbol = location_.symbol;
    answer_.missing = location_.missing;
    answer_.frames.clear();
    for (const NamedFrame& frame : location_.frames) {
      answer_.frames.push_back({frame.function, frame.file, frame.line, frame.column});
    }
    return answer_;
  }
  bool is_fixed() const override { return false; }

 private:
  explicit ProcessSpace(const SymbolizeOptions& options)
      : options_(options),
        symbolizer_(maps_, {.demangle = options.demangle,
                            .debug_directory = options.debug_directory,
                            .lines = true,
                            .debuginfod_timeout = options.debuginfod ? options.debuginfod_timeout : 0,
                            .debuginfod_cache = default_debuginfod_cache()}) {}

  const SymbolizeOptions& options_;
  ProcessMaps maps_;
  Symbolizer symbolizer_;
  Location location_;
  Answer answer_;
};

// Hexadecimal, with or without 0x, as addr2line reads it.
std::optional<uint64_t> parse_address(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  if (text.empty() || text.size() > 16) return std::nullopt;
  uint64_t address = 0;
  for (const char c : text) {
    const int lower = c | 0x20;
    const int digit = c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    address = address << 4 | static_cast<uint64_t>(digit);
  }
  return address;
}

class Answers {
 public:
  Answers(AddressSpace& space, const SymbolizeOptions& options) : space_(space), options_(options) {}

  void append(std::string_view text) {
    while (!text.empty() && (text.back() == '\r' || text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    if (text.empty()) return;
    const auto address = parse_address(text);
    if (!address) {
      if (!wrong_) fmt::print(stderr, "polytap symbolize: '{}' is not an address (hexadecimal)\n", text);
      wrong_ = true;
      out_ += options_.json ? "{}\n" : "??:0\n";
      return;
    }
    if (!space_.is_fixed()) return append_answer(out_, *address, space_.locate(*address), options_);
    const auto [it, is_new] = known_.try_emplace(*address);
    if (is_new) append_answer(it->second, *address, space_.locate(*address), options_);
    out_ += it->second;
    if (is_new) known_size_ += it->second.size();
    if (known_size_ < kMaxKnown) return;
    known_.clear();
    known_size_ = 0;
  }
  bool is_full() const { return out_.size() >= kFull; }

  // False when nobody reads any more.
  bool flush() {
    for (size_t written = 0; written < out_.size();) {
      const ssize_t count = ::write(STDOUT_FILENO, out_.data() + written, out_.size() - written);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      written += static_cast<size_t>(count);
    }
    out_.clear();
    return true;
  }
  bool wrong() const { return wrong_; }

 private:
  static constexpr size_t kMaxKnown = size_t{4} << 20;
  static constexpr size_t kFull = 1 << 16;

  AddressSpace& space_;
  const SymbolizeOptions& options_;
  std::unordered_map<uint64_t, std::string> known_;
  size_t known_size_ = 0;
  std::string out_;
  bool wrong_ = false;
};

// What has come is answered before more is waited for: addr2line's users keep it running behind a pipe.
bool answer_stdin(Answers& answers) {
  constexpr size_t kBlock = 1 << 16;
  std::string text;
  while (true) {
    const size_t kept = text.size();
    text.resize(kept + kBlock);
    const ssize_t got = ::read(STDIN_FILENO, text.data() + kept, kBlock);
    text.resize(kept + static_cast<size_t>(got > 0 ? got : 0));
    if (got < 0 && errno == EINTR) continue;
    size_t begin = 0;
    for (size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      answers.append(std::string_view(text).substr(begin, end - begin));
      if (answers.is_full() && !answers.flush()) return false;
    }
    text.erase(0, begin);
    if (got <= 0) answers.append(text);
    if (!answers.flush()) return false;
    if (got <= 0) return got == 0;
  }
}

}  // namespace

int symbolize_command(int argc, char** argv) {
  const auto parsed = parse_symbolize_options(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  const auto& options = std::get<SymbolizeOptions>(parsed);
  auto space = options.file.empty() ? ProcessSpace::open(options) : FileSpace::open(options);
  if (!space.ok()) {
    fmt::print(stderr, "polytap symbolize: {}\n", space.error().message());
    return 1;
  }
  Answers answers(**space, options);
  for (const std::string& address : options.arguments) answers.append(address);
  const bool delivered = options.arguments.empty() ? answer_stdin(answers) : answers.flush();
  if (!delivered) {
    fmt::print(stderr, "polytap symbolize: {}\n", Error::from_errno("standard input or output").message());
    return 1;
  }
  return answers.wrong() ? 1 : 0;
}

}  // namespace polytap
