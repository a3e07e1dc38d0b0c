// Functions of real programs, built here with and without debugging information.
#include "core/symbol/function_finder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/probe/registers.h"
#include "core/symbol/function_file.h"
#include "core/symbol/libc_prototypes.h"
#include "core/symbol/program_search.h"
#include "tests/unit/symbol_test_programs.h"

namespace polytap {
namespace {

using Form = ProbeArgument::Form;

class FunctionFinderTest : public ::testing::Test {
 protected:
  std::string build(const std::string& name, const std::string& flags, const std::string& source = "functions.c") {
    const bool cpp = source.ends_with(".cpp");
    const std::string path = directory_ / name;
    output_of(fmt::format("{} -O2 {} -o {} {}/tests/programs/{} 2>&1", cpp ? "g++" : "gcc", flags, path,
                          POLYTAP_SOURCE_DIR, source));
    return path;
  }

  std::vector<ProbeSite> find(const std::string& module, const std::string& function,
                              ProbeType type = ProbeType::kUprobe) {
    FunctionQuery query;
    query.module = module;
    query.function = function;
    return find(type, query);
  }

  std::vector<ProbeSite> find(ProbeType type, const FunctionQuery& query) {
    auto sites = finder_.find(type, query);
    error_ = sites ? "" : sites.error().message();
    return sites ? std::move(*sites) : std::vector<ProbeSite>{};
  }

  TemporaryDirectory directory_;
  FunctionFinder finder_;
  std::string error_;
};

FunctionQuery query_for(std::string module, std::string function, bool demangled = false) {
  FunctionQuery query;
  query.module = std::move(module);
  query.function = std::move(function);
  query.demangled = demangled;
  return query;
}

std::string text_of(const ProbeSite& site) {
  std::string text;
  for (const ProbeArgument& argument : site.arguments) {
    text += fmt::format("{}{} {}@{}{}", text.empty() ? "" : ", ",
                        argument.form == Form::kElsewhere ? argument.type.name : to_string(argument.type),
                        argument.name, argument.form == Form::kStack ? "stack+" : "",
                        argument.form == Form::kElsewhere ? "elsewhere" : std::to_string(argument.offset));
  }
  return text;
}

// What nm says of the file.
uint64_t address_of(const std::string& path, const std::string& function) {
  return std::stoull(output_of(fmt::format("nm {} | awk '$3 == \"{}\" {{ print $1 }}'", path, function)), nullptr, 16);
}

TEST_F(FunctionFinderTest, FindsGlobalAndStaticFunctions) {
  const std::string path = build("plain", "-g0");
  const auto file = FunctionFile::open(path);
  ASSERT_TRUE(file.ok());
  for (const char* name : {"checked", "local_sum", "main"}) {
    const auto sites = find(path, name);
    ASSERT_EQ(sites.size(), 1U) << name << error_;
    const ProbeSite& site = sites.front();
    EXPECT_EQ(site.name, fmt::format("uprobe:{}:{}", path, name));
    EXPECT_EQ(site.module, path);
    EXPECT_EQ(site.function, name);
    EXPECT_EQ(site.context, ContextKind::kRegisters);
    EXPECT_EQ(site.context_size, registers::kSize);
    EXPECT_EQ(site.file_offset, *file->file_offset(address_of(path, name)));
    EXPECT_TRUE(site.arguments.empty()) << "nothing is known of them";
  }
  EXPECT_TRUE(find(path, "chekced").empty());
  EXPECT_EQ(error_, "");
}

TEST_F(FunctionFinderTest, TypesComeFromDwarf) {
  for (const char* flags : {"-gdwarf-5", "-gdwarf-4", "-gdwarf-5 -gno-as-loc-support -ffunction-sections"}) {
    SCOPED_TRACE(flags);
    const std::string path = build(fmt::format("debug{}", std::hash<std::string>()(flags)), flags);
    const auto entry = [&](const char* name) {
      const auto sites = find(path, name);
      return sites.size() == 1 ? text_of(sites.front()) : "?";
    };
    const auto result = [&](const char* name) {
      const auto sites = find(path, name, ProbeType::kUretprobe);
      return sites.size() == 1 ? text_of(sites.front()) : "?";
    };
    EXPECT_EQ(entry("checked"), "int32 value@112");
    EXPECT_EQ(result("checked"), "int32 ret@80");
    EXPECT_EQ(entry("local_sum"), "int64 a@112, int64 b@104");
    EXPECT_EQ(entry("narrow"), "uint8 byte@112, int8 sign@104, int16 word@96, bool flag@88");
    EXPECT_EQ(result("narrow"), "uint8 ret@80");
    EXPECT_EQ(entry("many"),
              "int32 a@112, int32 b@104, int32 c@96, int32 d@88, int32 e@72, int32 f@64, int32 g@stack+8, int64 "
              "h@stack+16");
    EXPECT_EQ(entry("text"), "int8 * name@112, struct point * at@104");
    EXPECT_EQ(result("text"), "int8 * ret@80");
    EXPECT_EQ(entry("scale"), "double by@elsewhere, int32 value@112") << "floating point takes no general register";
    EXPECT_EQ(result("scale"), "double ret@elsewhere");
    EXPECT_EQ(entry("by_value"), "struct point at@elsewhere, int32 value@elsewhere");
    EXPECT_EQ(entry("make_large"), "int32 value@104") << "the first register says where the result goes";
    EXPECT_EQ(result("make_large"), "struct large ret@elsewhere");
    EXPECT_EQ(result("nothing"), "void ret@elsewhere");
    EXPECT_EQ(entry("nothing_alias"), "uint32 value@112") << "matched by address, not by name";
    EXPECT_EQ(find(path, "text").front().arguments[0].type.space, AddressSpace::kUser);
  }
}

TEST_F(FunctionFinderTest, StrippedFilesHaveTheirSeparateDebugFile) {
  const std::string path = build("stripped", "-g");
  output_of(
      fmt::format("cd {} && objcopy --only-keep-debug stripped stripped.debug && strip stripped && objcopy "
                  "--add-gnu-debuglink=stripped.debug stripped",
                  directory_.path()));
  const auto sites = find(path, "local_sum");
  ASSERT_EQ(sites.size(), 1U) << error_;
  EXPECT_EQ(text_of(sites.front()), "int64 a@112, int64 b@104");
  std::filesystem::remove(directory_ / "stripped.debug");
  FunctionFinder another;
  EXPECT_TRUE(another.find(ProbeType::kUprobe, query_for(path, "local_sum"))->empty());
}

TEST_F(FunctionFinderTest, PatternsTakeEachAddressOnce) {
  const std::string path = build("globs", "-g0");
  std::vector<std::string> names;
  std::vector<uint64_t> offsets;
  for (const ProbeSite& site : find(path, "n*")) {
    names.push_back(site.function);
    offsets.push_back(site.file_offset);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"narrow", "nothing"})) << "nothing_alias is the same place";
  EXPECT_EQ(find(path, "nothing_alias").front().name, fmt::format("uprobe:{}:nothing_alias", path));
  // Entered by no call: there is no return address to replace.
  for (const ProbeSite& site : find(path, "*", ProbeType::kUretprobe)) EXPECT_NE(site.function, "_start");
  EXPECT_TRUE(find(path, "_start", ProbeType::kUretprobe).empty());
  EXPECT_NE(error_.find("does not return"), std::string::npos) << error_;
}

TEST_F(FunctionFinderTest, OffsetsAndAddresses) {
  const std::string path = build("offsets", "-g");
  const uint64_t address = address_of(path, "many");
  FunctionQuery query = query_for(path, "many");
  // Where the second instruction begins; in front of it is the midst of the first.
  std::vector<ProbeSite> sites;
  std::string error;
  for (query.offset = 1; sites.empty() && query.offset < 16; ++query.offset) {
    error = error_;
    sites = find(ProbeType::kUprobe, query);
  }
  ASSERT_EQ(sites.size(), 1U) << error_;
  const uint64_t offset = query.offset - 1;
  if (offset > 1) {
    EXPECT_NE(error.find("in the midst of an instruction"), std::string::npos) << error;
  }
  EXPECT_EQ(sites[0].name, fmt::format("uprobe:{}:many+{}", path, offset));
  EXPECT_EQ(sites[0].function_offset, offset);
  EXPECT_EQ(sites[0].file_offset, find(path, "many").at(0).file_offset + offset);
  EXPECT_TRUE(sites[0].arguments.empty());
  query.offset = 100000;
  EXPECT_TRUE(find(ProbeType::kUprobe, query).empty());
  EXPECT_NE(error_.find("outside of 'many'"), std::string::npos) << error_;
  query = query_for(path, "");
  query.address = address;
  sites = find(ProbeType::kUprobe, query);
  ASSERT_EQ(sites.size(), 1U) << error_;
  EXPECT_EQ(sites[0].function, "many");
  EXPECT_EQ(sites[0].name, fmt::format("uprobe:{}:{:#x}", path, address));
  query.address = address + 1;
  EXPECT_TRUE(find(ProbeType::kUretprobe, query).empty());
  query.address = 1;
  EXPECT_TRUE(find(ProbeType::kUprobe, query).empty());
  EXPECT_NE(error_.find("no code"), std::string::npos) << error_;
}

TEST_F(FunctionFinderTest, CppFunctionsByTheirNames) {
  const std::string path = build("cpp", "-g", "functions_cpp.cpp");
  const auto named = [&](const char* name) {
    std::vector<std::string> functions;
    for (const ProbeSite& site : find(ProbeType::kUprobe, query_for(path, name, true))) {
      functions.push_back(site.function);
    }
    return functions;
  };
  EXPECT_EQ(named("shapes::area(int, int)"), std::vector<std::string>{"_ZN6shapes4areaEii"});
  EXPECT_EQ(named("shapes::area"), (std::vector<std::string>{"_ZN6shapes4areaEi", "_ZN6shapes4areaEii"}));
  EXPECT_EQ(named("shapes::Circle::grow"), std::vector<std::string>{"_ZN6shapes6Circle4growEi"});
  EXPECT_EQ(named("shapes::a*"), named("shapes::area"));
  EXPECT_TRUE(named("area").empty());
  EXPECT_EQ(text_of(find(path, "_ZN6shapes6Circle4growEi").at(0)), "struct shapes::Circle * this@112, int32 by@104");
  EXPECT_EQ(text_of(find(ProbeType::kUprobe, query_for(path, "shapes::describe", true)).at(0)), "int32 value@104")
      << "a std::string is returned where the first register says";
}

TEST_F(FunctionFinderTest, FilesThatAreNoPrograms) {
  EXPECT_TRUE(find("/etc/passwd", "main").empty());
  EXPECT_EQ(error_, "/etc/passwd is not an ELF file");
  EXPECT_TRUE(find("/nonexistent/x", "main").empty());
  EXPECT_EQ(error_, "/nonexistent/x: No such file or directory");
  EXPECT_TRUE(find("/usr", "main").empty());
  EXPECT_EQ(error_, "/usr is not a file");
  write_file(directory_ / "script", "#!/bin/sh\n");
  EXPECT_TRUE(find(directory_ / "script", "main").empty());
  EXPECT_NE(error_.find("is a script"), std::string::npos) << error_;
  write_file(directory_ / "broken", std::string("\x7f"
                                                "ELF\x02\x01\x01",
                                                7) +
                                        std::string(100, '\xff'));
  EXPECT_TRUE(find(directory_ / "broken", "main").empty());
  EXPECT_NE(error_, "");
  EXPECT_TRUE(find("no-such-program-anywhere", "main").empty());
  EXPECT_NE(error_.find("No program in PATH"), std::string::npos) << error_;
  // Of a pattern's files the ones that are none do not matter.
  build("real", "-g0");
  EXPECT_EQ(find(directory_.path() + "/*", "checked").size(), 1U) << error_;
}

TEST_F(FunctionFinderTest, LibrariesAndTheirPrototypes) {
  for (const char* name : {"libc", "libc.so.6"}) {
    const auto sites = find(name, "malloc");
    ASSERT_EQ(sites.size(), 1U) << error_;
    EXPECT_TRUE(sites[0].module.ends_with("libc.so.6")) << sites[0].module;
    EXPECT_EQ(text_of(sites[0]), "uint64 size@112");
  }
  EXPECT_EQ(text_of(find("libc", "getaddrinfo").at(0)),
            "int8 * node@112, int8 * service@104, struct addrinfo * hints@96, struct addrinfo ** res@88");
  EXPECT_EQ(text_of(find("libc", "getaddrinfo", ProbeType::kUretprobe).at(0)), "int32 ret@80");
}

TEST_F(FunctionFinderTest, IndirectFunctionsAreProbedWhereTheyLead) {
  const auto strlen_site = find("libc", "strlen");
  ASSERT_EQ(strlen_site.size(), 1U) << error_;
  EXPECT_FALSE(strlen_site[0].unresolved);
  EXPECT_EQ(text_of(strlen_site[0]), "int8 * s@112");
  const auto file = FunctionFile::open(strlen_site[0].module);
  ASSERT_TRUE(file.ok());
  const auto resolver = file->named("strlen");
  ASSERT_TRUE(!resolver.empty() && resolver[0].indirect) << "not an IFUNC in this libc";
  EXPECT_NE(strlen_site[0].file_offset, *file->file_offset(resolver[0].address)) << "the resolver itself";
  // A program's own is not loaded here: what it picks is not known.
  write_file(directory_ / "own.c",
             "static int one(void) { return 1; }\nstatic int (*pick(void))(void) { return one; }\n"
             "int chosen(void) __attribute__((ifunc(\"pick\")));\nint main(void) { return chosen(); }\n");
  output_of(fmt::format("gcc -o {0}/own {0}/own.c", directory_.path()));
  const auto own = find(directory_ / "own", "chosen");
  ASSERT_EQ(own.size(), 1U) << error_;
  EXPECT_TRUE(own[0].unresolved);
}

TEST(LibcPrototypes, EveryOneCanBeRead) {
  // The table is text: read_prototype() would abort on what it does not understand.
  for (const char* name :
       {"malloc", "free", "open", "qsort", "signal", "pthread_create", "sem_post", "strtod", "vfprintf", "posix_spawn",
        "recvfrom", "getnameinfo", "readdir", "setlocale", "select", "dlopen"}) {
    EXPECT_TRUE(libc_prototype(name).has_value()) << name;
  }
  EXPECT_EQ(libc_prototype("alloc"), std::nullopt);
  EXPECT_EQ(libc_prototype("getnameinfo")->parameters.size(), 7U);
  EXPECT_EQ(libc_prototype("rand")->parameters.size(), 0U);
  EXPECT_EQ(libc_prototype("free")->result.type.kind, TypeKind::kVoid);
  EXPECT_EQ(libc_prototype("strtod")->result.as, PassedAs::kFloat);
}

TEST(ProgramSearch, ReadsTheLoadersCache) {
  const auto libraries = parse_library_cache(output_of("cat /etc/ld.so.cache"));
  const auto libc = std::ranges::find(libraries, "libc.so.6", [](const auto& each) { return each.first; });
  ASSERT_NE(libc, libraries.end());
  EXPECT_TRUE(std::filesystem::exists(libc->second));
  EXPECT_TRUE(parse_library_cache("").empty());
  EXPECT_TRUE(parse_library_cache("glibc-ld.so.cache1.1").empty());
  EXPECT_TRUE(parse_library_cache("glibc-ld.so.cache1.1" + std::string(28, '\xff')).empty());
}

TEST(ProgramSearch, ProgramsBeforeLibraries) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "bin");
  std::filesystem::create_directory(directory / "lib");
  write_file(directory / "bin/tool", "");
  std::filesystem::permissions(directory / "bin/tool", std::filesystem::perms::owner_all);
  for (const char* name : {"libtool.so", "libtool.so.1", "libtool-extra.so.2", "other"}) {
    write_file(directory / ("lib/" + std::string(name)), "");
  }
  const ProgramSearch search{{directory / "bin"}, {directory / "lib"}, "", ""};
  const auto found = [&](const char* name) {
    auto paths = find_programs(name, search);
    std::string text;
    if (!paths) return paths.error().message();
    for (const std::string& path : *paths) text += std::filesystem::path(path).filename().string() + " ";
    return text;
  };
  EXPECT_EQ(found("tool"), "tool ");
  EXPECT_EQ(found("libtool"), "libtool.so.1 ");
  EXPECT_EQ(found("libtool.so"), "libtool.so ");
  EXPECT_EQ(found("libtool-extra.so"), "libtool-extra.so.2 ");
  EXPECT_EQ(found("libtool*"), "libtool-extra.so.2 libtool.so libtool.so.1 ");
  EXPECT_EQ(found("other"), "No program in PATH and no library is called 'other'");
  EXPECT_EQ(found("libtol"), "No program in PATH and no library is called 'libtol'; did you mean 'libtool'?");
}

}  // namespace
}  // namespace polytap
