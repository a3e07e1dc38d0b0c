#include "tests/support/random_program.h"

namespace polytap::test {

uint64_t RandomSource::next() {
  state_ += 0x9e3779b97f4a7c15;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::vector<std::byte> random_context(uint64_t seed) {
  RandomSource random(seed ^ 0x636f6e74657874);
  std::vector<std::byte> bytes(kRandomContextSize);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.chance(40) ? 0 : random.next());
  const auto put_location = [&](uint32_t at, uint32_t base) {
    const auto length = static_cast<uint32_t>(random.below(kRandomContextSize - kContextStrings + 1));
    const auto start =
        static_cast<uint32_t>(kContextStrings + random.below(kRandomContextSize - kContextStrings - length + 1));
    const uint32_t location = length << 16 | (start - base);
    for (uint32_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::byte>(location >> (8 * i));
  };
  put_location(kDataLocation, 0);
  put_location(kRelativeLocation, kRelativeLocation + 4);
  return bytes;
}

void fill_readable(uint64_t seed, std::span<std::byte> memory) {
  RandomSource random(seed ^ 0x6d656d6f7279);
  for (std::byte& byte : memory) {
    const bool is_end = random.chance(8);
    const uint64_t letter = random.chance(70) ? 'a' + random.below(26) : random.next();
    byte = is_end ? std::byte{0} : static_cast<std::byte>(letter);
  }
  if (!memory.empty()) memory.back() = std::byte{0};
}

}  // namespace polytap::test
