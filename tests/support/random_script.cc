#include "tests/support/random_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/random_program.h"
#include "tests/support/random_script_maps.h"

namespace polytap::test {
namespace {

constexpr uint32_t kDepth = 3;      // of expressions
constexpr uint32_t kNesting = 3;    // of blocks
constexpr uint32_t kLoopDepth = 2;  // of loops

class ScriptGenerator {
 public:
  ScriptGenerator(uint64_t seed, const RandomScriptOptions& options) : random_(seed), options_(options) {}

  std::string generate() {
    // Few entries, so that a map is made quickly; no keys beyond them are used.
    std::string script = "config = { max_map_keys = 64; max_strlen = 128 }\n";
    const uint64_t functions = random_.below(3);
    for (uint64_t i = 0; i < functions; ++i) script += function(i);
    const uint64_t clauses = 1 + random_.below(4);
    for (uint64_t i = 0; i < clauses; ++i) script += clause();
    return script + types_of_maps();
  }

 private:
  // What can be named at a place of the script.
  struct Scope {
    std::vector<std::string> words;  // int64
    std::vector<std::string> bytes;  // uint8
    std::vector<std::string> texts;
    std::vector<std::string> tuples;   // (int64, string, (uint8, int64))
    std::vector<std::string> records;  // (a=int64, b=string)
  };

  // --- the script's parts
  std::string function(uint64_t index) {
    scope_ = {};
    scope_.words = {"$a", "$b"};
    scope_.texts = {"$c"};
    in_function_ = true;
    has_context_ = false;
    const bool gives_text = random_.chance(30);
    result_ = gives_text ? &ScriptGenerator::text : &ScriptGenerator::word;
    std::string body = block(2 + random_.below(3));
    body += fmt::format("  return {};\n", (this->*result_)(2));
    in_function_ = false;
    const std::string name = fmt::format("f{}", index);
    (gives_text ? text_functions_ : word_functions_).push_back(name);
    return fmt::format("fn {}($a: int64, $b: int64, $c: string[24]): {} {{\n{}}}\n", name,
                       gives_text ? "string[40]" : "int64", body);
  }

  // A map that is only read has no type: each that was mentioned is assigned somewhere, too.
  std::string types_of_maps() {
    const std::string text = map_assignments(used_);
    if (text.empty()) return "";
    return fmt::format("BEGIN{} {{\n{}}}\n", random_.chance(50) ? " /pid == 0/" : "", text);
  }

  std::string clause() {
    scope_ = {};
    has_context_ = random_.chance(75);
    std::string script = has_context_ ? kRandomScriptSite : "BEGIN";
    if (random_.chance(25)) script += fmt::format(" /{}/", condition(2));
    script += " {\n";
    for (const std::string& line : declarations()) script += line;
    script += block(options_.statements / 2 + random_.below(options_.statements));
    if (random_.chance(5)) script += fmt::format("  exit({});\n", random_.below(100));
    return script + "}\n";
  }
  std::vector<std::string> declarations() {
    std::vector<std::string> lines;
    const auto declare = [&](std::vector<std::string>& names, std::string name, const std::string& type,
                             const std::string& value) {
      lines.push_back(fmt::format("  let {}{} = {};\n", name, type, value));
      names.push_back(std::move(name));
    };
    for (int i = 0; i < 3; ++i) declare(scope_.words, fmt::format("$w{}", i), ": int64", "(int64)" + word(1));
    declare(scope_.bytes, "$u", ": uint8", "(uint8)" + word(1));
    for (int i = 0; i < 2; ++i) declare(scope_.texts, fmt::format("$s{}", i), "", text(1));
    for (int i = 0; i < 2; ++i) declare(scope_.tuples, fmt::format("$t{}", i), "", tuple(1));
    declare(scope_.records, "$r", "", record(1));
    return lines;
  }

  // COUNT statements with a scope of their own.
  std::string block(uint64_t count) {
    const Scope before = scope_;
    std::string text;
    ++nesting_;
    for (uint64_t i = 0; i < count; ++i) text += std::string(2 * nesting_, ' ') + statement();
    --nesting_;
    scope_ = before;
    return text;
  }
  std::string braces(uint64_t count) {
    std::string inner = block(count);
    return "{\n" + inner + std::string(2 * nesting_, ' ') + "}";
  }

  // --- statements
  std::string statement() {
    using Make = std::string (ScriptGenerator::*)();
    static constexpr std::array<std::pair<Make, uint32_t>, 13> kKinds = {{{&ScriptGenerator::assignment, 20},
                                                                          {&ScriptGenerator::map_assignment, 18},
                                                                          {&ScriptGenerator::aggregation, 14},
                                                                          {&ScriptGenerator::printing, 12},
                                                                          {&ScriptGenerator::declaration, 4},
                                                                          {&ScriptGenerator::deletion, 4},
                                                                          {&ScriptGenerator::whole_map, 3},
                                                                          {&ScriptGenerator::branch, 9},
                                                                          {&ScriptGenerator::counted_loop, 4},
                                                                          {&ScriptGenerator::range_loop, 4},
                                                                          {&ScriptGenerator::unrolled, 2},
                                                                          {&ScriptGenerator::map_loop, 5},
                                                                          {&ScriptGenerator::leave, 2}}};
    uint32_t total = 0;
    for (const auto& kind : kKinds) total += kind.second;
    auto left = static_cast<uint32_t>(random_.below(total));
    for (const auto& [make, weight] : kKinds) {
      if (left < weight) return (this->*make)();
      left -= weight;
    }
    return "";
  }

  std::string assignment() {
    switch (random_.below(8)) {
      case 0:
        if (!scope_.texts.empty()) return fmt::format("{} = {};\n", any(scope_.texts), text(kDepth));
        break;
      case 1:
        if (!scope_.tuples.empty()) return fmt::format("{} = {};\n", any(scope_.tuples), tuple(2));
        break;
      case 2:
        if (!scope_.records.empty()) return fmt::format("{} = {};\n", any(scope_.records), record(2));
        break;
      case 3:
        if (!scope_.bytes.empty()) return fmt::format("{} = (uint8){};\n", any(scope_.bytes), word(2));
        break;
      case 4:
        return fmt::format("{}{};\n", any(scope_.words), random_.chance(50) ? "++" : "--");
      case 5: {
        constexpr std::array kOperators = {"+=", "-=", "*=", "&=", "|=", "^=", "<<=", ">>="};
        return fmt::format("{} {} (int64){};\n", any(scope_.words), kOperators.at(random_.below(kOperators.size())),
                           word(2));
      }
    }
    return fmt::format("{} = (int64){};\n", any(scope_.words), word(kDepth));
  }
  std::string declaration() {
    const std::string name = fmt::format("$v{}", names_++);
    const std::string line = random_.chance(70) ? fmt::format("let {}: int64 = (int64){};\n", name, word(2)) : "";
    if (!line.empty()) {
      scope_.words.push_back(name);
      return line;
    }
    const std::string text_line = fmt::format("let {} = {};\n", name, text(2));
    scope_.texts.push_back(name);
    return text_line;
  }
  std::string map_assignment() {
    switch (random_.below(10)) {
      case 0:
        return fmt::format("@scalar = (int64){};\n", word(kDepth));
      case 1:
        return fmt::format("@text = {};\n", text(2));
      case 2:
        return fmt::format("@by_text[{}] = (int64){};\n", text(1), word(2));
      case 3:
        return fmt::format("@texts[{}] = {};\n", key(), text(2));
      case 4:
        return fmt::format("@pair[{}, {}] = (int64){};\n", key(), text(1), word(2));
      case 5:
        return fmt::format("@tuples[{}] = {};\n", key(), tuple(2));
      case 6:
        return fmt::format("@records[{}] = {};\n", key(), record(2));
      case 7:
        return fmt::format("@by_record[(k={}, t={})] = (int64){};\n", key(), text(1), word(2));
      case 8:
        return fmt::format("@words[{}]{};\n", key(), random_.chance(50) ? "++" : "--");
      default:
        return fmt::format("@words[{}] = (int64){};\n", key(), word(kDepth));
    }
  }
  std::string aggregation() {
    switch (random_.below(10)) {
      case 0:
        return "@count = count();\n";
      case 1:
        return fmt::format("@counts[{}] = count();\n", text(1));
      case 2:
        return fmt::format("@sum[{}] = sum((int64){});\n", key(), word(2));
      case 3:
        return fmt::format("@min[{}] = min((int64){});\n", key(), word(2));
      case 4:
        return fmt::format("@max = max((int64){});\n", word(2));
      case 5:
        return fmt::format("@avg[{}, {}] = avg((int64){});\n", key(), key(), word(2));
      case 6:
        return fmt::format("@stats = stats((int64){});\n", word(2));
      case 7:
        return fmt::format("@hist[{}] = hist((int64){});\n", key(), word(2));
      case 8:
        return fmt::format("@fine = hist((int64){}, 2);\n", word(2));
      default:
        return fmt::format("@linear[{}] = lhist((int64){}, -10, 90, 7);\n", key(), word(2));
    }
  }
  std::string printing() {
    switch (random_.below(8)) {
      case 0:
        return fmt::format("print((int64){});\n", word(2));
      case 1:
        return fmt::format("print({});\n", text(2));
      case 2:
        return fmt::format("print({});\n", random_.chance(50) ? tuple(1) : record(1));
      case 4:
        return fmt::format("print(({}, {}, {}));\n", word(1), text(1), condition(1));
      default:
        return formatted();
    }
  }
  std::string formatted() {
    constexpr std::array kWords = {"%d", "%5d", "%-7d", "%u", "%x", "%08x", "%lld", "%llx", "%o", "%c", "%hhd"};
    constexpr std::array kTexts = {"%s", "%10s", "%-12s", "%.3s"};
    std::string format;
    std::string arguments;
    for (uint64_t count = random_.below(5); count > 0; --count) {
      const uint64_t kind = random_.below(10);
      if (kind < 6) {
        format += kWords.at(random_.below(kWords.size()));
        arguments += fmt::format(", {}", word(2));
      } else if (kind < 9 || options_.readable_address == 0) {
        format += kTexts.at(random_.below(kTexts.size()));
        arguments += fmt::format(", {}", text(2));
      } else {
        format += "%r";
        arguments += fmt::format(", buf({}, {})", address(128),
                                 random_.chance(50) ? any(scope_.words) : std::to_string(1 + random_.below(40)));
      }
      format += ' ';
    }
    return fmt::format("printf(\"{}\\n\"{});\n", format, arguments);
  }
  std::string deletion() {
    constexpr std::array kMaps = {"@words", "@texts", "@tuples", "@records", "@sum", "@hist"};
    const std::string_view map = kMaps.at(random_.below(kMaps.size()));
    const std::string at = key();
    use(map);
    return random_.chance(50) ? fmt::format("delete({}[{}]);\n", map, at) : fmt::format("delete({}, {});\n", map, at);
  }
  std::string whole_map() {
    constexpr std::array kMaps = {"@words", "@by_text", "@tuples", "@counts", "@sum", "@hist", "@linear", "@stats"};
    const std::string_view map = kMaps.at(random_.below(kMaps.size()));
    use(map);
    constexpr std::array kCalls = {"print", "print", "clear", "zero"};
    return fmt::format("{}({});\n", kCalls.at(random_.below(kCalls.size())), map);
  }
  std::string branch() {
    if (nesting_ > kNesting) return assignment();
    std::string text = fmt::format("if ({}) {}", condition(kDepth), braces(1 + random_.below(3)));
    if (random_.chance(25)) text += fmt::format(" else if ({}) {}", condition(2), braces(1 + random_.below(2)));
    if (random_.chance(40)) text += " else " + braces(1 + random_.below(3));
    return text + "\n";
  }

  // --- loops
  std::string counted_loop() {
    if (nesting_ > kNesting || loops_ >= kLoopDepth) return assignment();
    // The counter is nobody else's; it counts before anything in the body can go on with the next round.
    const std::string counter = fmt::format("$n{}", names_++);
    const uint64_t rounds = 1 + random_.below(5);
    const std::string extra = random_.chance(30) ? fmt::format(" && {}", condition(2)) : "";
    std::string body = loop_body();
    return fmt::format("let {0}: int64 = 0; while ({0}++ < {1}{2}) {3}\n", counter, rounds, extra, body);
  }
  std::string range_loop() {
    if (nesting_ > kNesting || loops_ >= kLoopDepth) return assignment();
    const std::string variable = fmt::format("$i{}", names_++);
    const uint64_t from = random_.below(4);
    const std::string to =
        random_.chance(50) ? std::to_string(from + random_.below(5)) : fmt::format("((int64){} & 7)", word(1));
    scope_.words.push_back(variable);
    std::string body = loop_body();
    std::erase(scope_.words, variable);
    return fmt::format("for ({} : {}..{}) {}\n", variable, from, to, body);
  }
  std::string unrolled() {
    if (nesting_ > kNesting || loops_ >= kLoopDepth) return assignment();
    const uint64_t times = 1 + random_.below(3);
    return fmt::format("unroll({}) {}\n", times, braces(1 + random_.below(2)));
  }
  std::string loop_body() {
    ++loops_;
    std::string body = braces(1 + random_.below(3));
    --loops_;
    return body;
  }
  // Entries come in any order: what the body does is the same in each.
  std::string map_loop() {
    if (nesting_ > kNesting || loops_ >= kLoopDepth) return assignment();
    const std::string entry = fmt::format("$kv{}", names_++);
    const std::string sum = fmt::format("$v{}", names_++);
    const bool by_text = random_.chance(30);
    const std::string_view map = by_text ? "@by_text" : "@words";
    use(map);
    std::string body;
    const std::string indent(2 * nesting_ + 2, ' ');
    ++loops_;  // no calls: a function could change the map meanwhile
    if (random_.chance(30)) body += fmt::format("{}if ({}.1 > {}) {{ continue; }}\n", indent, entry, word(1));
    for (uint64_t count = 1 + random_.below(3); count > 0; --count) {
      body += indent;
      switch (random_.below(6)) {
        case 0:
          body += fmt::format("{} += {}.1;\n", sum, entry);
          break;
        case 1:
          body += fmt::format("{} += {}.1 * {};\n", sum, entry, word(1));
          break;
        case 2:
          body += fmt::format("@loop_sum = sum({}.1);\n", entry);
          break;
        case 3:
          body += fmt::format("if ({}) {{ {}++; }}\n", condition(1), sum);
          break;
        case 4:
          body += fmt::format("@loop_max[{}] = max({}.1);\n", by_text ? key() : entry + ".0", entry);
          break;
        default:
          body += fmt::format("@{}[{}.0] = count();\n", by_text ? "loop_texts" : "loop_words", entry);
      }
    }
    --loops_;
    std::string text = fmt::format("let {}: int64 = 0; for ({} : {}) {{\n{}{}}}\n", sum, entry, map, body,
                                   std::string(2 * nesting_, ' '));
    scope_.words.push_back(sum);
    return text;
  }
  std::string leave() {
    if (loops_ > 0 && nesting_ > 1)
      return fmt::format("if ({}) {{ {}; }}\n", condition(2), random_.chance(50) ? "break" : "continue");
    if (!random_.chance(20)) return assignment();
    if (in_function_) return fmt::format("if ({}) {{ return {}; }}\n", condition(2), (this->*result_)(1));
    return fmt::format("if ({}) {{ return; }}\n", condition(2));
  }

  // --- expressions
  const std::string& any(const std::vector<std::string>& names) { return names[random_.below(names.size())]; }

  // Of few different values.
  std::string key() {
    return random_.chance(60) ? std::to_string(random_.below(5)) : fmt::format("((int64){} & 7)", word(1));
  }

  // Large ones as int64: what is computed from literals alone must fit into 64 bits.
  std::string constant() {
    constexpr std::array kCorners = {"0",
                                     "1",
                                     "-1",
                                     "2",
                                     "63",
                                     "64",
                                     "255",
                                     "4096",
                                     "-4096",
                                     "(int64)0xffffffff",
                                     "(int64)2147483648",
                                     "(int64)9223372036854775807",
                                     "(int64)(-9223372036854775807 - 1)"};
    switch (random_.below(4)) {
      case 0:
        return kCorners.at(random_.below(kCorners.size()));
      case 1:
        return fmt::format("(int64){}", static_cast<int64_t>(random_.next()) >> random_.below(63));
      default:
        return std::to_string(static_cast<int64_t>(random_.below(40)) - 20);
    }
  }

  // Any integer. Always in parentheses, or one word.
  std::string word(uint32_t depth) {
    if (depth == 0 || random_.chance(25)) return simple_word();
    const uint64_t kind = random_.below(21);
    switch (kind) {
      case 0:
        return fmt::format("({}(int64){})", random_.chance(50) ? "-" : "~", word(depth - 1));
      case 2: {
        constexpr std::array kTypes = {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"};
        return fmt::format("(({}){})", kTypes.at(random_.below(kTypes.size())), word(depth - 1));
      }
      case 3:
        return fmt::format("({} ? (int64){} : (int64){})", condition(depth - 1), word(depth - 1), word(depth - 1));
      case 4:
        return fmt::format("(if ({}) {{ (int64){} }} else {{ (int64){} }})", condition(depth - 1), word(depth - 1),
                           word(depth - 1));
      case 5:
        return fmt::format("(int64){}", condition(depth - 1));
      case 6:
        return fmt::format("((int64){} ?: (int64){})", word(depth - 1), word(depth - 1));
      case 7:
        return fmt::format("(int64)strlen({})", text(depth - 1));
      case 8:
        return fmt::format("(int64)strstr({}, {})", text(depth - 1), text(0));
      case 9:
        return fmt::format("(int64)strncmp({}, {}, {})", text(depth - 1), text(0), 1 + random_.below(12));
      case 10:
        return call(word_functions_, depth, [this] { return simple_word(); });
      case 11:
        return map_word();
      case 12:
        return memory_word();
      default:
        return arithmetic(depth);
    }
  }
  std::string arithmetic(uint32_t depth) {
    constexpr std::array kOperators = {"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"};
    const std::string left = word(depth - 1);
    const std::string right = word(depth - 1);
    return fmt::format("({} {} {})", left, kOperators.at(random_.below(kOperators.size())), right);
  }
  std::string simple_word() {
    switch (random_.below(10)) {
      case 0:
        return random_.chance(50) ? "pid" : "uid";
      case 1:
        if (has_context_) {
          constexpr std::array kFields = {"prev_pid", "prev_prio", "prev_state", "next_pid", "next_prio"};
          return fmt::format("args.{}", kFields.at(random_.below(kFields.size())));
        }
        return constant();
      case 2:
        if (!scope_.tuples.empty()) {
          constexpr std::array kPlaces = {"0", "2.0", "2.1"};
          return fmt::format("{}.{}", any(scope_.tuples), kPlaces.at(random_.below(kPlaces.size())));
        }
        return constant();
      case 3:
        return scope_.records.empty() ? constant() : any(scope_.records) + ".a";
      case 4:
        return scope_.bytes.empty() ? constant() : any(scope_.bytes);
      case 5:
      case 6:
        return scope_.words.empty() ? constant() : any(scope_.words);
      default:
        return constant();
    }
  }
  std::string map_word() {
    switch (random_.below(8)) {
      case 0:
        use("@scalar");
        return "@scalar";
      case 1:
        use("@by_text");
        return fmt::format("@by_text[{}]", text(1));
      case 2:
        use("@tuples");
        return fmt::format("@tuples[{}].0", key());
      case 3:
        use("@records");
        return fmt::format("@records[{}].a", key());
      case 4:
        use("@sum");
        return fmt::format("(int64)@sum[{}]", key());
      case 5:
        use("@words");
        return random_.chance(50) ? "(int64)len(@words)" : fmt::format("(int64)has_key(@words, {})", key());
      default:
        use("@words");
        return fmt::format("@words[{}]", key());
    }
  }
  // An address from which LENGTH bytes can be read; or, now and then, one from which none can.
  std::string address(uint32_t length) {
    const bool fails = options_.unreadable_address != 0 && random_.chance(15);
    const uint64_t at = fails ? options_.unreadable_address
                              : options_.readable_address + random_.below(options_.readable_size - length - 64);
    if (!fails && random_.chance(30)) return fmt::format("uptr({} + ((uint64){} & 63))", at, simple_word());
    return fmt::format("uptr({})", at);
  }
  std::string memory_word() {
    if (options_.readable_address == 0) return constant();
    constexpr std::array kTypes = {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"};
    return fmt::format("*({} *){}", kTypes.at(random_.below(kTypes.size())), address(8));
  }

  std::string condition(uint32_t depth) {
    if (depth == 0) return fmt::format("({} > {})", simple_word(), simple_word());
    switch (random_.below(9)) {
      case 0:
        return fmt::format("({} == {})", text(depth - 1), text(depth - 1));
      case 1:
        return fmt::format("({} != {})", text(depth - 1), text(0));
      case 2:
        return fmt::format("({} && {})", condition(depth - 1), condition(depth - 1));
      case 3:
        return fmt::format("({} || {})", condition(depth - 1), condition(depth - 1));
      case 4:
        return fmt::format("(!{})", condition(depth - 1));
      case 5:
        return fmt::format("strcontains({}, {})", text(depth - 1), text(0));
      case 6:
        if (scope_.tuples.size() > 1) return fmt::format("({} == {})", scope_.tuples[0], scope_.tuples[1]);
        [[fallthrough]];
      default: {
        constexpr std::array kOperators = {"<", "<=", ">", ">=", "==", "!="};
        const std::string left = word(depth - 1);
        const std::string right = word(depth - 1);
        return fmt::format("({} {} {})", left, kOperators.at(random_.below(kOperators.size())), right);
      }
    }
  }

  std::string text(uint32_t depth) {
    constexpr std::array kLiterals = {R"("")",        R"("a")",
                                      R"("seven..")", R"("exactly eight")",
                                      R"("fork\tx")", R"("a text that is longer than some of the others")"};
    if (depth == 0 || random_.chance(40)) {
      if (!scope_.texts.empty() && random_.chance(50)) return any(scope_.texts);
      return kLiterals.at(random_.below(kLiterals.size()));
    }
    switch (random_.below(10)) {
      case 0:
        return "comm";
      case 1:
        return has_context_ ? "args.prev_comm" : "comm";
      case 2:
        return fmt::format("({} ? {} : {})", condition(depth - 1), text(depth - 1), text(depth - 1));
      case 3:
        return fmt::format("str_concat({}, {})", text(depth - 1), text(depth - 1));
      case 4:
        return call(text_functions_, depth, [this] { return text(0); });
      case 5:
        use("@texts");
        return fmt::format("@texts[{}]", key());
      case 6:
        use("@tuples");
        return fmt::format("@tuples[{}].1", key());
      case 7:
        return scope_.records.empty() ? "comm" : any(scope_.records) + ".b";
      case 8:
        if (options_.readable_address == 0) return "comm";
        return random_.chance(50) ? fmt::format("str({})", address(64))
                                  : fmt::format("str({}, {})", address(64), 1 + random_.below(40));
      default:
        return scope_.tuples.empty() ? "comm" : any(scope_.tuples) + ".1";
    }
  }
  std::string tuple(uint32_t depth) {
    if (!scope_.tuples.empty() && random_.chance(25)) return any(scope_.tuples);
    const std::string first = word(depth);
    const std::string second = text(depth);
    return fmt::format("((int64){}, {}, ((uint8){}, (int64){}))", first, second, word(depth), word(depth));
  }
  std::string record(uint32_t depth) {
    const std::string first = word(depth);
    return fmt::format("(a=(int64){}, b={})", first, text(depth));
  }
  template <typename Otherwise>
  std::string call(const std::vector<std::string>& functions, uint32_t depth, Otherwise otherwise) {
    if (functions.empty() || loops_ > 0) return otherwise();
    const std::string first = word(depth - 1);
    const std::string second = word(depth - 1);
    return fmt::format("{}((int64){}, (int64){}, {})", any(functions), first, second, text(0));
  }
  void use(std::string_view map) { used_.emplace(map); }

  RandomSource random_;
  RandomScriptOptions options_;
  Scope scope_;
  std::vector<std::string> word_functions_;
  std::vector<std::string> text_functions_;
  std::string (ScriptGenerator::*result_)(uint32_t) = nullptr;
  bool in_function_ = false;
  bool has_context_ = false;
  uint32_t nesting_ = 0;
  uint32_t loops_ = 0;
  uint32_t names_ = 0;
  std::set<std::string, std::less<>> used_;  // maps that are read
};

}  // namespace

std::string random_script(uint64_t seed, const RandomScriptOptions& options) {
  return ScriptGenerator(seed, options).generate();
}

}  // namespace polytap::test
