// Runs a fuzz target where there is no libFuzzer: every file of the corpus, then mutations of them for a while.
//   TARGET [--seconds=N] [--seed=N] FILE|FOLDER...
// An input that crashes or hangs is left in ./crash-PID; run TARGET on that file to see it again.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/random_program.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using polytap::test::RandomSource;

constexpr size_t kMaxInput = 16384;
constexpr unsigned kHangSeconds = 20;

// What the signal handler needs; no other way leads there.
const std::string* running = nullptr;
char crash_path[64];

extern "C" void keep_input(int signal_number) {
  const int fd = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd >= 0 && running != nullptr && write(fd, running->data(), running->size()) >= 0) {
    const std::string_view message = signal_number == SIGALRM ? "hangs; the input is in " : "crashed; the input is in ";
    for (const std::string_view part : {message, std::string_view(crash_path), std::string_view("\n")}) {
      if (write(STDERR_FILENO, part.data(), part.size()) < 0) break;
    }
  }
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void run(const std::string& input) {
  running = &input;
  alarm(kHangSeconds);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  alarm(0);
  running = nullptr;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> read_corpus(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  // Equal seeds must give equal inputs, in whatever order the folder lists them.
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const auto& file : files) corpus.push_back(read_file(file));
  return corpus;
}

// Numbers at which programs err, as text and as bytes.
std::string interesting(RandomSource& random) {
  static constexpr std::string_view kTexts[] = {
      "0", "-1", "4294967295", "4294967296", "18446744073709551615", "9223372036854775808", "65536", "%", "\n", "\t",
      " ", "(",  "{",          "\""};
  if (random.chance(60)) return std::string(kTexts[random.below(std::size(kTexts))]);
  return std::string(1 + random.below(8), random.chance(50) ? '\xff' : '\0');
}

void mutate_once(std::string& input, const std::vector<std::string>& corpus, RandomSource& random) {
  const size_t at = random.below(input.size() + 1);
  const size_t length = random.below(std::min<size_t>(input.size() - at, 64) + 1);
  switch (random.below(7)) {
    case 0:
      if (at < input.size()) input[at] = static_cast<char>(random.next());
      break;
    case 1:
      if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1U << random.below(8)));
      break;
    case 2:
      input.erase(at, length);
      break;
    case 3:
      input.insert(at, input.substr(at, length));
      break;
    case 4:
      input.replace(at, std::min<size_t>(length, 4), interesting(random));
      break;
    case 5: {
      const std::string& other = corpus[random.below(corpus.size())];
      const size_t from = random.below(other.size() + 1);
      input.insert(at, other.substr(from, random.below(128)));
      break;
    }
    default:
      input.resize(at);
      break;
  }
  if (input.size() > kMaxInput) input.resize(kMaxInput);
}

}  // namespace

int main(int argc, char** argv) {
  int64_t seconds = 0;
  uint64_t seed = 1;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--seconds=")) {
      seconds = std::atoll(argv[i] + 10);
    } else if (argument.starts_with("--seed=")) {
      seed = std::strtoull(argv[i] + 7, nullptr, 10);
    } else {
      paths.emplace_back(argument);
    }
  }
  const std::vector<std::string> corpus = read_corpus(paths);
  if (corpus.empty()) {
    std::fprintf(stderr, "usage: %s [--seconds=N] [--seed=N] FILE|FOLDER...   (there is no input)\n", argv[0]);
    return 2;
  }
  std::snprintf(crash_path, sizeof crash_path, "crash-%d", getpid());
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM}) signal(number, keep_input);
  for (const std::string& input : corpus) run(input);

  RandomSource random(seed);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  uint64_t mutations = 0;
  for (; std::chrono::steady_clock::now() < end; ++mutations) {
    std::string input = corpus[random.below(corpus.size())];
    for (uint64_t times = 1 + random.below(6); times > 0; --times) mutate_once(input, corpus, random);
    run(input);
  }
  std::printf("%zu files and %llu mutations of them (seed %llu): no crash\n", corpus.size(),
              static_cast<unsigned long long>(mutations), static_cast<unsigned long long>(seed));
  return 0;
}
