#include "core/kernel/kernel_functions.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/probe/registers.h"
#include "tests/unit/symbol_test_programs.h"

namespace polytap {
namespace {

constexpr const char* kSymbols =
    "ffffffff81000000 T _stext\n"
    "ffffffff81000100 T vfs_read\n"
    "ffffffff81000140 t local_one\n"
    "ffffffff81000180 t local_one\n"
    "ffffffff810001c0 t vfs_read.cold\n"
    "ffffffff810001d0 T __pfx_vfs_write\n"
    "ffffffff810001e0 T vfs_write\n"
    "ffffffff82000000 D jiffies\n"
    "ffffffffc0000000 t vfs_helper\t[ext9]\n";

class KernelFunctionsTest : public ::testing::Test {
 protected:
  KernelFunctionsTest() {
    write_file(directory_ / "kallsyms", kSymbols);
    std::filesystem::create_directory(directory_ / "kprobe");
    files_ = {directory_ / "kallsyms", directory_.path(), directory_.path(), directory_ / "blacklist"};
  }

  std::vector<std::string> names(const std::string& function, const std::string& module = "",
                                 ProbeType type = ProbeType::kKprobe) {
    FunctionQuery query;
    query.function = function;
    query.module = module;
    KernelFunctions functions(files_, btf_);
    const auto sites = functions.find(type, query);
    if (!sites) return {sites.error().message()};
    std::vector<std::string> result;
    for (const ProbeSite& site : *sites) result.push_back(site.name);
    return result;
  }

  using Names = std::vector<std::string>;
  TemporaryDirectory directory_;
  KernelFunctionFiles files_;
  BtfTypes btf_{std::string(kVmlinuxBtf)};
};

TEST_F(KernelFunctionsTest, ByNameAndPattern) {
  EXPECT_EQ(names("vfs_read"), Names{"kprobe:vfs_read"});
  EXPECT_EQ(names("vfs_raed"), Names{});
  EXPECT_EQ(names("jiffies"), Names{}) << "data";
  EXPECT_EQ(names("local_one"), Names{"kprobe:local_one"});
  EXPECT_EQ(names("vfs_*"), (Names{"kprobe:vfs_helper", "kprobe:vfs_read", "kprobe:vfs_write"}));
  EXPECT_EQ(names("vfs_*", "vmlinux", ProbeType::kKretprobe),
            (Names{"kretprobe:vmlinux:vfs_read", "kretprobe:vmlinux:vfs_write"}));
  EXPECT_EQ(names("vfs_helper", "ext9"), Names{"kprobe:ext9:vfs_helper"});
  EXPECT_EQ(names("vfs_*", "ext*"), Names{"kprobe:ext9:vfs_helper"});
  EXPECT_EQ(names("vfs_read", "ext9"), Names{});
}

TEST_F(KernelFunctionsTest, TheKernelsOwnListComesFirst) {
  write_file(directory_ / "available_filter_functions", "vfs_write\nvfs_helper [ext9]\nvfs_open\n");
  write_file(directory_ / "blacklist", "0xffffffff81000100-0xffffffff81000140\tvfs_open\n");
  EXPECT_EQ(names("vfs_*"), (Names{"kprobe:vfs_helper", "kprobe:vfs_write"}));
  EXPECT_EQ(names("vfs_read"), Names{"kprobe:vfs_read"}) << "traceable by kprobes though not by ftrace";
}

TEST_F(KernelFunctionsTest, AListOfOnesOwnTakesItsPlace) {
  write_file(directory_ / "available_filter_functions", "vfs_write\nvfs_helper [ext9]\n");
  files_.traceable = directory_ / "list";
  write_file(directory_ / "list", "vfs_read\nvfs_helper [ext9]\n");
  EXPECT_EQ(names("vfs_*"), (Names{"kprobe:vfs_helper", "kprobe:vfs_read"}));
}

TEST_F(KernelFunctionsTest, OffsetsAndAddresses) {
  KernelFunctions functions(files_, btf_);
  FunctionQuery query;
  query.function = "vfs_read";
  query.offset = 0x3f;
  auto sites = functions.find(ProbeType::kKprobe, query);
  ASSERT_TRUE(sites.ok()) << sites.error().message();
  EXPECT_EQ(sites->front().name, "kprobe:vfs_read+63");
  EXPECT_EQ(sites->front().function_offset, 0x3fU);
  query.offset = 0x40;
  sites = functions.find(ProbeType::kKprobe, query);
  ASSERT_FALSE(sites.ok());
  EXPECT_EQ(sites.error().message(), "The offset 64 lies outside of 'vfs_read', which has 64 bytes");
  query = {};
  query.address = 0xffffffff81000104;
  sites = functions.find(ProbeType::kKprobe, query);
  ASSERT_TRUE(sites.ok());
  EXPECT_EQ(sites->front().address, 0xffffffff81000104U);
  EXPECT_EQ(sites->front().function, "vfs_read");
  EXPECT_EQ(sites->front().function_offset, 4U);
}

TEST_F(KernelFunctionsTest, TypesComeFromBtf) {
  if (!btf_.load().ok()) GTEST_SKIP() << "no BTF: " << btf_.load().error().message();
  KernelFunctions functions(files_, btf_);
  FunctionQuery query;
  query.function = "vfs_read";
  const ProbeSite entry = functions.find(ProbeType::kKprobe, query)->front();
  ASSERT_EQ(entry.arguments.size(), 4U);
  EXPECT_EQ(to_string(entry.find_argument("file")->type), "struct file *");
  EXPECT_EQ(entry.find_argument("file")->type.space, AddressSpace::kKernel);
  EXPECT_EQ(entry.find_argument("count")->offset, registers::kDx);
  const ProbeSite result = functions.find(ProbeType::kKretprobe, query)->front();
  ASSERT_EQ(result.arguments.size(), 1U);
  EXPECT_TRUE(result.find_argument("ret")->type.is_signed) << "ssize_t";
}

TEST_F(KernelFunctionsTest, KernelsWithoutKprobesSaySo) {
  std::filesystem::remove(directory_ / "kprobe");
  const Names refused = names("vfs_read");
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_NE(refused[0].find("CONFIG_KPROBES"), std::string::npos) << refused[0];
  write_file(directory_ / "kprobe_events", "");
  EXPECT_EQ(names("vfs_read"), Names{"kprobe:vfs_read"});
}

}  // namespace
}  // namespace polytap
