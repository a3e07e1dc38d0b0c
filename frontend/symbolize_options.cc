#include "frontend/symbolize_options.h"

#include <fmt/format.h>
#include <getopt.h>

#include <charconv>
#include <cstdio>
#include <string_view>

#include "frontend/version.h"

namespace polytap {
namespace {

constexpr const char* kHelp = R"(Usage: polytap symbolize -e FILE [options] [ADDRESS...]
       polytap symbolize -p PID [options] [ADDRESS...]
       polytap symbolize --kernel [options] [ADDRESS...]
Says where in the source addresses are, as addr2line does. Without ADDRESS they are read from standard input, one a line,
and each line is answered at once.

  -e, --exe FILE         addresses in FILE's own address space (as nm and objdump show them)
  -p, --pid PID          addresses in a running process
  -k, --kernel           addresses in the running kernel
  -f, --functions        name functions as well
  -i, --inlines          with the calls that were inlined there, innermost first
  -C, --demangle         names as the programmer wrote them
  -p, --pretty-print     with -e: one line for each frame
  -s, --basenames        file names without folders
  -a, --addresses        each address in front of its answer
      --json             an object for each address, one a line: everything known
  -v, --verbose          say what is not known, and why
      --debuginfod       fetch missing debug files from the servers in $DEBUGINFOD_URLS
      --timeout SECONDS  for each of them (30)
      --debug-dir DIR    where separate debug files are (/usr/lib/debug)
What has no name is MODULE+0xOFFSET. Exit status: 0; 1 when a file or process cannot be read; 2 for a wrong command line.
)";

enum LongOption : int { kJson = 1000, kDebuginfod, kTimeout, kDebugDirectory, kPretty, kPid };

constexpr option kLongOptions[] = {
    {"exe", required_argument, nullptr, 'e'},
    {"pid", required_argument, nullptr, kPid},
    {"kernel", no_argument, nullptr, 'k'},
    {"functions", no_argument, nullptr, 'f'},
    {"inlines", no_argument, nullptr, 'i'},
    {"demangle", no_argument, nullptr, 'C'},
    {"pretty-print", no_argument, nullptr, kPretty},
    {"basenames", no_argument, nullptr, 's'},
    {"addresses", no_argument, nullptr, 'a'},
    {"json", no_argument, nullptr, kJson},
    {"verbose", no_argument, nullptr, 'v'},
    {"debuginfod", no_argument, nullptr, kDebuginfod},
    {"timeout", required_argument, nullptr, kTimeout},
    {"debug-dir", required_argument, nullptr, kDebugDirectory},
    {"help", no_argument, nullptr, 'h'},
    {"version", no_argument, nullptr, 'V'},
    {nullptr, 0, nullptr, 0},
};

int wrong(const std::string& message) {
  fmt::print(stderr, "polytap symbolize: {}\nSee polytap symbolize --help.\n", message);
  return 2;
}

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0;
}

// -p is addr2line's --pretty-print, which only makes sense with its -e, and elsewhere the option for a process.
bool names_a_file(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") return false;
    if (word.starts_with("--exe")) return true;
    if (word.size() > 1 && word[0] == '-' && word[1] != '-' && word.find('e') != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::variant<SymbolizeOptions, int> parse_symbolize_options(int argc, char** argv) {
  SymbolizeOptions options;
  const char* letters = names_a_file(argc, argv) ? ":e:pkfiCsavhV" : ":e:p:kfiCsavhV";
  optind = 0;
  for (int letter = 0; (letter = getopt_long(argc, argv, letters, kLongOptions, nullptr)) != -1;) {
    switch (letter) {
      case 'e':
        options.file = optarg;
        break;
      case 'p':
        if (optarg == nullptr) {
          options.pretty = true;
          break;
        }
        [[fallthrough]];
      case kPid:
        if (!parse_number(optarg, options.pid)) {
          return wrong(fmt::format("-p takes the number of a process, not '{}' (or, with -e FILE, nothing)", optarg));
        }
        break;
      case 'k':
        options.kernel = true;
        break;
      case 'f':
        options.functions = true;
        break;
      case 'i':
        options.inlines = true;
        break;
      case 'C':
        options.demangle = true;
        break;
      case 's':
        options.basenames = true;
        break;
      case 'a':
        options.addresses = true;
        break;
      case 'v':
        options.reasons = true;
        break;
      case kPretty:
        options.pretty = true;
        break;
      case kJson:
        options.json = true;
        break;
      case kDebuginfod:
        options.debuginfod = true;
        break;
      case kTimeout:
        if (!parse_number(optarg, options.debuginfod_timeout)) {
          return wrong(fmt::format("--timeout takes seconds, not '{}'", optarg));
        }
        break;
      case kDebugDirectory:
        options.debug_directory = optarg;
        break;
      case 'h':
        fmt::print("{}", kHelp);
        return 0;
      case 'V':
        fmt::print("polytap {}\n", kVersion);
        return 0;
      case ':':
        return wrong(fmt::format("{} needs a value", argv[optind - 1]));
      default:
        return wrong(fmt::format("there is no option {}", argv[optind - 1]));
    }
  }
  for (; optind < argc; ++optind) options.arguments.emplace_back(argv[optind]);
  const int sources = (options.file.empty() ? 0 : 1) + (options.pid != 0 ? 1 : 0) + (options.kernel ? 1 : 0);
  if (sources != 1) return wrong("say whose addresses: one of -e FILE, -p PID and --kernel");
  return options;
}

}  // namespace polytap
