#include "core/kernel/bpf_programs.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "core/kernel/btf_file.h"

namespace polytap {
namespace {

int bpf(bpf_cmd command, bpf_attr& attributes) {
  return static_cast<int>(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

UniqueFd open_by_id(bpf_cmd command, uint32_t id) {
  bpf_attr attributes{};
  attributes.prog_id = id;
  return UniqueFd(bpf(command, attributes));
}

// INFO says on the way in where the kernel may put what has no fixed size.
template <typename Info>
bool get_info(int fd, Info& info) {
  bpf_attr attributes{};
  attributes.info.bpf_fd = static_cast<uint32_t>(fd);
  attributes.info.info_len = sizeof info;
  attributes.info.info = reinterpret_cast<uint64_t>(&info);
  return bpf(BPF_OBJ_GET_INFO_BY_FD, attributes) == 0;
}

std::optional<BtfFile> read_btf(uint32_t id) {
  const UniqueFd btf = open_by_id(BPF_BTF_GET_FD_BY_ID, id);
  bpf_btf_info info{};
  if (!btf.valid() || !get_info(btf.get(), info)) return std::nullopt;
  std::string bytes(info.btf_size, '\0');
  bpf_btf_info with_bytes{};
  with_bytes.btf = reinterpret_cast<uint64_t>(bytes.data());
  with_bytes.btf_size = static_cast<uint32_t>(bytes.size());
  if (!get_info(btf.get(), with_bytes)) return std::nullopt;
  auto file = BtfFile::parse(std::move(bytes));
  return file ? std::optional(std::move(*file)) : std::nullopt;
}

// What matters of a parameter: whether it is a number, and how wide.
Type plain_type(const BtfFile& file, BtfFile::Id id) {
  BtfFile::Record record = file.record(id);
  while (id != 0 && (record.kind == BTF_KIND_TYPEDEF || record.kind == BTF_KIND_CONST ||
                     record.kind == BTF_KIND_VOLATILE || record.kind == BTF_KIND_TYPE_TAG)) {
    id = record.size_or_type;
    record = file.record(id);
  }
  if (id == 0) return types::of_kind(TypeKind::kVoid);
  if (record.kind == BTF_KIND_PTR) return types::pointer(types::of_kind(TypeKind::kVoid), AddressSpace::kKernel);
  if (record.kind != BTF_KIND_INT || record.size_or_type > 8) return types::uint64();
  const bool is_signed = (BTF_INT_ENCODING(file.integer_encoding(id)) & BTF_INT_SIGNED) != 0;
  return types::integer(record.size_or_type, is_signed);
}

std::optional<BpfFunction> describe(const BtfFile& file, BtfFile::Id id) {
  if (id == 0 || id >= file.type_count()) return std::nullopt;
  const BtfFile::Record record = file.record(id);
  if (record.kind != BTF_KIND_FUNC || record.size_or_type >= file.type_count()) return std::nullopt;
  const BtfFile::Record prototype = file.record(record.size_or_type);
  if (prototype.kind != BTF_KIND_FUNC_PROTO) return std::nullopt;
  BpfFunction function;
  function.name = std::string(record.name);
  function.type_id = id;
  function.result = plain_type(file, prototype.size_or_type);
  for (uint32_t i = 0; i < prototype.count; ++i) {
    const btf_param parameter = file.parameter(record.size_or_type, i);
    function.parameters.push_back({std::string(file.string(parameter.name_off)), plain_type(file, parameter.type)});
  }
  return function;
}

void add_functions(int program, std::vector<BpfFunction>& all) {
  bpf_prog_info info{};
  if (!get_info(program, info) || info.btf_id == 0 || info.nr_func_info == 0) return;
  std::vector<bpf_func_info> functions(info.nr_func_info);
  bpf_prog_info with_functions{};
  with_functions.nr_func_info = info.nr_func_info;
  with_functions.func_info_rec_size = sizeof(bpf_func_info);
  with_functions.func_info = reinterpret_cast<uint64_t>(functions.data());
  const auto file = read_btf(info.btf_id);
  if (!file || !get_info(program, with_functions)) return;
  for (const bpf_func_info& each : functions) {
    auto function = describe(*file, each.type_id);
    if (!function) continue;
    function->program = info.id;
    all.push_back(std::move(*function));
  }
}

}  // namespace

Result<UniqueFd> open_bpf_program(uint32_t id) {
  UniqueFd program = open_by_id(BPF_PROG_GET_FD_BY_ID, id);
  if (!program.valid()) return Error::from_errno("open the BPF program " + std::to_string(id));
  return program;
}

Result<std::vector<BpfFunction>> bpf_functions() {
  std::vector<BpfFunction> all;
  bpf_attr attributes{};
  while (bpf(BPF_PROG_GET_NEXT_ID, attributes) == 0) {
    const uint32_t id = attributes.next_id;
    const UniqueFd program = open_by_id(BPF_PROG_GET_FD_BY_ID, id);
    if (program.valid()) add_functions(program.get(), all);
    attributes = {};
    attributes.start_id = id;
  }
  if (errno != ENOENT) return Error::from_errno("list the BPF programs");
  return all;
}

}  // namespace polytap
