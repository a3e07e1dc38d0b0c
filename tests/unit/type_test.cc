#include "core/types/type.h"

#include <gtest/gtest.h>

#include "core/probe/site.h"

namespace polytap {
namespace {

TEST(Type, Names) {
  EXPECT_EQ(to_string(types::int64()), "int64");
  EXPECT_EQ(to_string(types::integer(1, false)), "uint8");
  EXPECT_EQ(to_string(types::boolean()), "bool");
  EXPECT_EQ(to_string(types::string(64)), "string[64]");
  EXPECT_EQ(to_string(types::buffer(5)), "buffer[5]");
  const Type task = types::structure("struct task_struct", 9000);
  EXPECT_EQ(to_string(types::pointer(task, AddressSpace::kKernel)), "struct task_struct *");
  EXPECT_EQ(
      to_string(types::pointer(types::pointer(types::integer(1, true), AddressSpace::kUser), AddressSpace::kUser)),
      "int8 **");
  EXPECT_EQ(to_string(types::array(types::integer(4, true), 3)), "int32[3]");
  EXPECT_EQ(to_string(types::tuple({types::int64(), types::string(16)})), "(int64,string[16])");
  EXPECT_EQ(to_string(types::record({types::int64()}, {"a"})), "(a=int64)");
  EXPECT_EQ(to_string(types::user_stack(127, StackMode::kBpftrace)), "ustack");
  EXPECT_EQ(to_string(types::kernel_stack(3, StackMode::kPerf)), "kstack");
  EXPECT_EQ(to_string(types::enumeration("enum E", 4, false)), "enum E");
  EXPECT_EQ(to_string(types::aggregation({})), "count_t");
  Aggregation sum{.kind = AggregationKind::kSum, .is_signed = false};
  EXPECT_EQ(to_string(types::aggregation(sum)), "usum_t");
  EXPECT_EQ(to_string(types::none()), "none");
}

TEST(Type, StorageIsInWords) {
  EXPECT_EQ(types::integer(1, true).storage_size(), 8U);
  EXPECT_EQ(types::boolean().storage_size(), 8U);
  EXPECT_EQ(types::pointer(types::none(), AddressSpace::kUser).storage_size(), 8U);
  EXPECT_EQ(types::string(13).storage_size(), 16U);
  EXPECT_EQ(types::string(16).storage_size(), 16U);
  EXPECT_EQ(types::buffer(5).storage_size(), 16U);
  EXPECT_EQ(types::array(types::integer(4, true), 3).storage_size(), 16U);
  EXPECT_EQ(types::structure("struct s", 12).storage_size(), 16U);
  EXPECT_EQ(types::user_stack(3, StackMode::kBpftrace).storage_size(), 32U);
  EXPECT_EQ(types::of_kind(TypeKind::kUserSymbol).storage_size(), 16U);
  EXPECT_EQ(types::of_kind(TypeKind::kInet).storage_size(), 24U);
  EXPECT_EQ(types::of_kind(TypeKind::kMacAddress).storage_size(), 8U);
  EXPECT_EQ(types::of_kind(TypeKind::kTimestamp).storage_size(), 8U);
  EXPECT_EQ(types::tuple({types::integer(2, true), types::string(9), types::buffer(1)}).storage_size(), 40U);
  EXPECT_EQ(types::none().storage_size(), 0U);
}

TEST(Type, Equality) {
  const auto pointer_to = [](Type to) { return types::pointer(std::move(to), AddressSpace::kUser); };
  EXPECT_EQ(pointer_to(types::int64()), pointer_to(types::int64()));
  EXPECT_FALSE(pointer_to(types::int64()) == pointer_to(types::uint64()));
  EXPECT_FALSE(pointer_to(types::int64()) == types::pointer(types::int64(), AddressSpace::kKernel));
  EXPECT_FALSE(types::int64() == types::integer(4, true));
  EXPECT_FALSE(types::string(8) == types::string(16));
  EXPECT_FALSE(types::record({types::int64()}, {"a"}) == types::record({types::int64()}, {"b"}));
  EXPECT_FALSE(types::structure("struct a", 8) == types::structure("struct b", 8));
  Aggregation hist{.kind = AggregationKind::kHist, .bits = 2};
  EXPECT_FALSE(types::aggregation(hist) == types::aggregation({.kind = AggregationKind::kHist}));
}

TEST(Type, ScalarsAndIntegrals) {
  EXPECT_TRUE(types::boolean().is_integral());
  EXPECT_FALSE(types::pointer(types::none(), AddressSpace::kUser).is_integral());
  EXPECT_TRUE(types::pointer(types::none(), AddressSpace::kUser).is_scalar());
  EXPECT_TRUE(types::of_kind(TypeKind::kKernelSymbol).is_scalar());
  EXPECT_FALSE(types::of_kind(TypeKind::kUserSymbol).is_scalar());
  EXPECT_FALSE(types::string(8).is_scalar());
}

TEST(StructDefinition, FindsFieldsByName) {
  const StructDefinition definition{
      "struct s", 8, {{.name = "a", .type = types::int64()}, {.name = "b", .type = types::int64(), .offset = 4}}};
  ASSERT_NE(definition.find("b"), nullptr);
  EXPECT_EQ(definition.find("b")->offset, 4U);
  EXPECT_EQ(definition.find("c"), nullptr);
}

TEST(ProbeSite, FindsArgumentsByName) {
  ProbeSite site;
  site.arguments = {{.name = "fd", .type = types::int64(), .offset = 16},
                    {.name = "mode", .type = types::int64(), .offset = 24}};
  ASSERT_NE(site.find_argument("mode"), nullptr);
  EXPECT_EQ(site.find_argument("mode")->offset, 24U);
  EXPECT_EQ(site.find_argument("nothing"), nullptr);
}

}  // namespace
}  // namespace polytap
