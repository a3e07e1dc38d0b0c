#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/kernel/btf_file.h"
#include "core/kernel/btf_types.h"

namespace polytap {
namespace {

// Assembles a BTF file by hand, so that corners can be had on any machine.
class BtfBuilder {
 public:
  BtfBuilder() = default;
  // A module's, which goes on from BASE.
  explicit BtfBuilder(const BtfBuilder& base, int)
      : first_string_(static_cast<uint32_t>(base.strings_.size())), last_(base.last_) {
    strings_.clear();
  }
  uint32_t type(std::string_view name, uint32_t kind, uint32_t count, uint32_t size_or_type, bool flag = false) {
    word(string(name));
    word((flag ? 1U << 31 : 0) | kind << 24 | count);
    word(size_or_type);
    return ++last_;
  }
  void word(uint32_t value) { types_.append(reinterpret_cast<const char*>(&value), sizeof(value)); }
  uint32_t string(std::string_view text) {
    if (text.empty()) return 0;
    const auto offset = first_string_ + static_cast<uint32_t>(strings_.size());
    strings_.append(text);
    strings_ += '\0';
    return offset;
  }
  void member(std::string_view name, uint32_t of, uint32_t bit_offset, uint32_t bit_size = 0) {
    word(string(name));
    word(of);
    word(bit_size << 24 | bit_offset);
  }
  std::string bytes() const {
    btf_header header{};
    header.magic = BTF_MAGIC;
    header.version = 1;
    header.hdr_len = sizeof(header);
    header.type_len = static_cast<uint32_t>(types_.size());
    header.str_off = header.type_len;
    header.str_len = static_cast<uint32_t>(strings_.size());
    return std::string(reinterpret_cast<const char*>(&header), sizeof(header)) + types_ + strings_;
  }

 private:
  std::string types_;
  std::string strings_{'\0'};
  uint32_t first_string_ = 0;
  uint32_t last_ = 0;
};

// A file for the length of a test.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& bytes) {
    const int fd = ::mkstemp(path_.data());
    EXPECT_GE(fd, 0);
    EXPECT_EQ(::write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    ::close(fd);
  }
  ~ScratchFile() { ::unlink(path_.c_str()); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/polytap-btf-XXXXXX";
};

uint32_t add_integer(BtfBuilder& btf, std::string_view name, uint32_t size, uint32_t encoding) {
  const uint32_t id = btf.type(name, BTF_KIND_INT, 0, size);
  btf.word(encoding << 24 | size * 8);
  return id;
}

TEST(BtfTypes, BitFieldsGoIntoTheSmallestUnit) {
  BtfBuilder btf;
  const uint32_t u32 = add_integer(btf, "unsigned int", 4, 0);
  btf.type("bits", BTF_KIND_STRUCT, 4, 12, true);
  btf.member("low", u32, 0, 3);
  btf.member("across", u32, 6, 4);  // bits 6..9: two bytes
  btf.member("high", u32, 31, 2);   // bits 31..32: only the unit of eight bytes holds both
  btf.member("word", u32, 64);
  const ScratchFile file(btf.bytes());
  const BtfTypes types(file.path());
  const StructDefinition* bits = types.find_struct("struct bits");
  ASSERT_NE(bits, nullptr);
  const Field* low = bits->find("low");
  ASSERT_NE(low, nullptr);
  EXPECT_EQ(low->offset, 0U);
  EXPECT_EQ(low->type.size, 1U);
  EXPECT_EQ(low->bit_size, 3);
  const Field* across = bits->find("across");
  EXPECT_EQ(across->type.size, 2U);
  EXPECT_EQ(across->bit_offset, 6);
  const Field* high = bits->find("high");
  EXPECT_EQ(high->offset, 0U);
  EXPECT_EQ(high->type.size, 8U);
  EXPECT_EQ(high->bit_offset, 31);
  EXPECT_EQ(bits->find("word")->bit_size, 0);
  EXPECT_EQ(bits->find("word")->offset, 8U);
}

TEST(BtfTypes, ModulesGoOnFromTheKernels) {
  BtfBuilder kernel;
  const uint32_t integer = add_integer(kernel, "int", 4, BTF_INT_SIGNED);
  kernel.type("shared", BTF_KIND_STRUCT, 1, 4);
  kernel.member("n", integer, 0);
  const uint32_t own_prototype = kernel.type("", BTF_KIND_FUNC_PROTO, 0, integer);
  kernel.type("in_both", BTF_KIND_FUNC, 0, own_prototype);
  BtfBuilder module(kernel, 0);
  const uint32_t nameless = module.type("", BTF_KIND_STRUCT, 1, 4);
  module.member("inside", integer, 0);
  module.type("own", BTF_KIND_STRUCT, 3, 12);
  module.member("shared", 2, 0);
  module.member("part", nameless, 32);
  module.member("count", integer, 64);
  module.type("state", BTF_KIND_ENUM, 1, 4);
  module.word(module.string("MODULE_READY"));
  module.word(7);
  const uint32_t prototype = module.type("", BTF_KIND_FUNC_PROTO, 1, integer);
  module.word(module.string("value"));
  module.word(integer);
  module.type("module_function", BTF_KIND_FUNC, 0, prototype);
  module.type("in_both", BTF_KIND_FUNC, 0, prototype);

  std::string folder = "/tmp/polytap-btf-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  std::ofstream(folder + "/vmlinux", std::ios::binary) << kernel.bytes();
  std::ofstream(folder + "/mod", std::ios::binary) << module.bytes();
  std::ofstream(folder + "/broken", std::ios::binary) << module.bytes().substr(0, 60);
  const BtfTypes types(folder + "/vmlinux");
  const StructDefinition* own = types.find_struct("struct own");
  ASSERT_NE(own, nullptr);
  EXPECT_EQ(own->find("shared")->type.name, "struct shared");
  EXPECT_EQ(own->find("count")->offset, 8U);
  const Type part = own->find("part")->type;
  const StructDefinition* inner = types.find_struct(part.name);
  ASSERT_NE(inner, nullptr) << part.name;
  EXPECT_NE(inner->find("inside"), nullptr);
  EXPECT_EQ(types.find_enumerator("MODULE_READY").value, 7);
  const auto function = types.function("module_function");
  ASSERT_TRUE(function.has_value());
  EXPECT_EQ(function->parameters.at(0).name, "value");
  EXPECT_EQ(types.function("in_both")->parameters.size(), 0U) << "the kernel's";
  EXPECT_EQ(types.module_function("mod", "in_both")->parameters.size(), 1U);
  EXPECT_FALSE(types.module_function("mod", "nothing"));
  EXPECT_FALSE(types.module_function("broken", "in_both"));
  EXPECT_EQ(types.find_struct("struct nobody"), nullptr);
  std::filesystem::remove_all(folder);
}

TEST(BtfTypes, AnonymousMembersAreFlattenedAndTypedefsName) {
  BtfBuilder btf;
  const uint32_t integer = add_integer(btf, "int", 4, BTF_INT_SIGNED);
  const uint32_t inner = btf.type("", BTF_KIND_UNION, 2, 4);
  btf.member("a", integer, 0);
  btf.member("b", integer, 0);
  btf.type("outer", BTF_KIND_STRUCT, 3, 12);
  btf.member("first", integer, 0);
  btf.member("", inner, 32);
  btf.member("named", inner, 64);
  const uint32_t counter = btf.type("", BTF_KIND_STRUCT, 1, 4);
  btf.member("counter", integer, 0);
  btf.type("atomic_t", BTF_KIND_TYPEDEF, 0, counter);
  const ScratchFile file(btf.bytes());
  const BtfTypes types(file.path());
  const StructDefinition* outer = types.find_struct("struct outer");
  ASSERT_NE(outer, nullptr);
  ASSERT_NE(outer->find("b"), nullptr);
  EXPECT_EQ(outer->find("b")->offset, 4U);
  const Field* named = outer->find("named");
  ASSERT_NE(named, nullptr);
  const StructDefinition* of_named = types.find_struct(named->type.name);
  ASSERT_NE(of_named, nullptr) << named->type.name;
  EXPECT_NE(of_named->find("a"), nullptr);
  ASSERT_NE(types.find_type("atomic_t"), nullptr);
  EXPECT_EQ(types.find_type("atomic_t")->name, "atomic_t");
  ASSERT_NE(types.find_struct("atomic_t"), nullptr);
  EXPECT_NE(types.find_struct("atomic_t")->find("counter"), nullptr);
}

TEST(BtfTypes, UserPointersAndForwardDeclarations) {
  BtfBuilder btf;
  const uint32_t character = add_integer(btf, "char", 1, 0);
  const uint32_t tag = btf.type("user", BTF_KIND_TYPE_TAG, 0, character);
  const uint32_t pointer = btf.type("", BTF_KIND_PTR, 0, tag);
  const uint32_t declared = btf.type("hidden", BTF_KIND_FWD, 0, 0);
  const uint32_t to_hidden = btf.type("", BTF_KIND_PTR, 0, declared);
  btf.type("holder", BTF_KIND_STRUCT, 2, 16);
  btf.member("text", pointer, 0);
  btf.member("hidden", to_hidden, 64);
  const ScratchFile file(btf.bytes());
  const BtfTypes types(file.path());
  const StructDefinition* holder = types.find_struct("struct holder");
  ASSERT_NE(holder, nullptr);
  EXPECT_EQ(holder->find("text")->type, types::pointer(types::integer(1, true), AddressSpace::kUser));
  EXPECT_EQ(holder->find("hidden")->type, types::pointer(types::structure("struct hidden", 0), AddressSpace::kKernel));
  EXPECT_EQ(types.find_struct("struct hidden"), nullptr);
}

TEST(BtfTypes, Enums) {
  BtfBuilder btf;
  btf.type("color", BTF_KIND_ENUM, 2, 4, true);
  for (const auto& [name, value] : {std::pair("RED", -1), std::pair("GREEN", 7)}) {
    btf.word(btf.string(name));
    btf.word(static_cast<uint32_t>(value));
  }
  btf.type("", BTF_KIND_ENUM64, 1, 8);
  btf.word(btf.string("HUGE"));
  btf.word(5);
  btf.word(1);
  const ScratchFile file(btf.bytes());
  const BtfTypes types(file.path());
  const TypeProvider::EnumValue red = types.find_enumerator("RED");
  ASSERT_NE(red.definition, nullptr);
  EXPECT_EQ(red.value, -1);
  EXPECT_EQ(red.definition, types.find_enum("enum color"));
  EXPECT_TRUE(red.definition->is_signed);
  const TypeProvider::EnumValue huge = types.find_enumerator("HUGE");
  ASSERT_NE(huge.definition, nullptr);
  EXPECT_EQ(huge.value, (int64_t{1} << 32) + 5);
  EXPECT_EQ(types.find_enum(huge.definition->name), huge.definition);
  EXPECT_EQ(types.find_enumerator("BLUE").definition, nullptr);
}

TEST(BtfTypes, LoopsEnd) {
  BtfBuilder btf;
  btf.type("a", BTF_KIND_TYPEDEF, 0, 2);
  btf.type("b", BTF_KIND_TYPEDEF, 0, 1);
  btf.type("", BTF_KIND_PTR, 0, 3);
  const uint32_t self = btf.type("", BTF_KIND_STRUCT, 1, 8);
  btf.member("", self, 0);
  btf.type("loop_t", BTF_KIND_TYPEDEF, 0, self);
  const ScratchFile file(btf.bytes());
  const BtfTypes types(file.path());
  EXPECT_NE(types.find_type("a"), nullptr);
  EXPECT_EQ(types.find_struct("b"), nullptr);
  ASSERT_NE(types.find_struct("loop_t"), nullptr);
  EXPECT_TRUE(types.find_struct("loop_t")->fields.empty());
}

TEST(BtfTypes, MalformedFilesAreErrors) {
  BtfBuilder btf;
  add_integer(btf, "int", 4, BTF_INT_SIGNED);
  const std::string good = btf.bytes();
  ASSERT_TRUE(BtfFile::parse(good).ok());
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(BtfFile::parse(good.substr(0, length)).ok()) << length;
  }
  std::string wrong = good;
  wrong[0] = 'x';
  EXPECT_FALSE(BtfFile::parse(wrong).ok());
}

TEST(BtfFile, ReadAsNeededAnswersAsReadAtOnce) {
  BtfBuilder btf;
  const uint32_t integer = add_integer(btf, "int", 4, BTF_INT_SIGNED);
  for (int i = 0; i < 3000; ++i) btf.type("", BTF_KIND_PTR, 0, integer);
  const uint32_t late = btf.type("late", BTF_KIND_STRUCT, 1, 4);
  btf.member("field", integer, 0);
  const uint32_t function = btf.type("late", BTF_KIND_FUNC, 0, 0);
  btf.type("bpf_kfunc", BTF_KIND_DECL_TAG, 0, function);
  btf.word(~0U);
  btf.type("other", BTF_KIND_FUNC, 0, 0);
  const ScratchFile scratch(btf.bytes());
  const auto at_once = BtfFile::read(scratch.path());
  ASSERT_TRUE(at_once.ok());
  for (int first = 0; first < 4; ++first) {
    const auto as_needed = BtfFile::read_as_needed(scratch.path());
    ASSERT_TRUE(as_needed.ok());
    if (first == 1) {
      EXPECT_EQ(as_needed->record(late).name, "late");
    }
    if (first == 2) {
      EXPECT_EQ(as_needed->type_count(), function + 3);
    }
    if (first == 3) {
      EXPECT_EQ(as_needed->record(function + 4).kind, static_cast<uint32_t>(BTF_KIND_UNKN));
    }
    for (const BtfFile* file : {&*at_once, &*as_needed}) {
      EXPECT_EQ(file->find("late", 1U << BTF_KIND_STRUCT), late);
      EXPECT_EQ(file->member(late, 0).name, "field");
      EXPECT_EQ(file->find("late", 1U << BTF_KIND_UNION), std::nullopt);
      EXPECT_EQ(file->find("int", 1U << BTF_KIND_INT), integer);
      EXPECT_EQ(file->find_callable_function("late"), function);
      EXPECT_EQ(file->find_callable_function("other"), std::nullopt) << "it has no tag";
      EXPECT_EQ(file->type_count(), function + 3);
    }
  }
}

TEST(BtfFile, WhereNoFunctionIsMarkedAsCallableNamesAreBelieved) {
  BtfBuilder btf;
  const uint32_t type = btf.type("cast", BTF_KIND_STRUCT, 0, 0);
  btf.type("cast", BTF_KIND_FUNC, 0, 0);
  const auto file = BtfFile::parse(btf.bytes());
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->find_callable_function("cast"), type + 1);
  EXPECT_EQ(file->find_callable_function("none"), std::nullopt);
  EXPECT_EQ(file->find_callable_function(""), std::nullopt);
}

TEST(BtfFile, ReadAsNeededEndsAtTheFirstTypeThatIsNone) {
  BtfBuilder btf;
  const uint32_t first = btf.type("first", BTF_KIND_STRUCT, 0, 0);
  btf.type("unknown", 31, 0, 0);
  btf.type("second", BTF_KIND_STRUCT, 0, 0);
  const ScratchFile scratch(btf.bytes());
  EXPECT_FALSE(BtfFile::read(scratch.path()).ok());
  const auto file = BtfFile::read_as_needed(scratch.path());
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->find("first", 1U << BTF_KIND_STRUCT), first);
  EXPECT_EQ(file->find("second", 1U << BTF_KIND_STRUCT), std::nullopt);
  EXPECT_EQ(file->type_count(), first + 1);
  EXPECT_EQ(file->record(first + 1).kind, static_cast<uint32_t>(BTF_KIND_UNKN));
}

TEST(BtfTypes, WithoutBtfBaseTypesAreStillKnown) {
  const BtfTypes types("/nonexistent/btf");
  EXPECT_EQ(types.find_struct("struct task_struct"), nullptr);
  EXPECT_EQ(types.find_enum("enum x"), nullptr);
  EXPECT_EQ(types.find_enumerator("X").definition, nullptr);
  ASSERT_NE(types.find_type("unsigned long"), nullptr);
  EXPECT_EQ(types.find_type("unsigned long")->size, 8U);
  ASSERT_FALSE(types.load().ok());
  EXPECT_NE(types.load().error().message().find("/nonexistent/btf"), std::string::npos);
}

TEST(BtfTypes, RunningKernel) {
  const std::unique_ptr<BtfTypes> kernel = make_btf_types();
  if (!kernel->load().ok()) GTEST_SKIP() << kernel->load().error().message();
  const StructDefinition* task = kernel->find_struct("struct task_struct");
  ASSERT_NE(task, nullptr);
  EXPECT_EQ(task, kernel->find_struct("struct task_struct")) << "definitions stay where they are";
  EXPECT_EQ(task->find("comm")->type, types::array(types::integer(1, true), 16));
  EXPECT_EQ(task->find("tgid")->type, types::integer(4, true));
  EXPECT_EQ(task->find("real_parent")->type.element->name, "struct task_struct");
  const StructDefinition* dentry = kernel->find_struct("struct dentry");
  ASSERT_NE(dentry, nullptr);
  EXPECT_NE(dentry->find("d_name"), nullptr);
  EXPECT_EQ(*kernel->find_type("pid_t"), types::integer(4, true));
  EXPECT_EQ(*kernel->find_type("long unsigned int"), *kernel->find_type("unsigned long"));
  EXPECT_EQ(kernel->find_type("no_such_type_t"), nullptr);
  EXPECT_EQ(kernel->find_enumerator("PIDTYPE_TGID").value, 1);
}

TEST(BtfTypes, RawTracepoints) {
  const std::unique_ptr<BtfTypes> kernel = make_btf_types();
  if (!kernel->load().ok()) GTEST_SKIP() << kernel->load().error().message();
  const auto parameters = kernel->raw_tracepoint_parameters("sched_switch");
  ASSERT_TRUE(parameters.has_value());
  ASSERT_GE(parameters->size(), 3U);
  EXPECT_EQ((*parameters)[0].name, "preempt");
  EXPECT_EQ((*parameters)[0].type, types::boolean());
  EXPECT_EQ((*parameters)[1].name, "prev");
  EXPECT_EQ((*parameters)[1].type.element->name, "struct task_struct");
  EXPECT_FALSE(kernel->raw_tracepoint_parameters("no_such_event").has_value());
  EXPECT_GT(kernel->raw_tracepoint_names().size(), 100U);
}

}  // namespace
}  // namespace polytap
