// What changes the traced process, and the records of reads that failed.
#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/helpers.h"
#include "core/base/check.h"

namespace polytap::ebpf {

void FunctionCompiler::count_if_negative(std::optional<ir::Temp> result) {
  const Label failed = code_.new_label();
  const Label done = code_.new_label();
  code_.jump_if(Jump::kSignedLess, Reg::k0, 0, failed);
  if (result) set_result(*result, 1);
  code_.bind(done);
  code_.defer([this, failed, done, result, on_fault = on_fault_] {
    code_.bind(failed);
    count_fault(on_fault);
    if (result) set_result(*result, 0);
    code_.jump(done);
  });
}

void FunctionCompiler::expand(const ir::SendSignal& op, ir::Temp) {
  load_temp(Reg::k1, op.number);
  code_.call(op.to_thread ? helper::kSendSignalThread : helper::kSendSignal);
  count_if_negative(std::nullopt);
}

void FunctionCompiler::expand(const ir::OverrideResult& op, ir::Temp) {
  load_temp(Reg::k2, op.value);
  code_.move(Reg::k1, Reg::k6);
  code_.call(helper::kOverrideReturn);
}

// Refused before: no BPF program can make the thread wait.
void FunctionCompiler::expand(const ir::Delay&, ir::Temp) { CHECK(false); }

// Refused before.
void FunctionCompiler::expand(const ir::DecodeCall&, ir::Temp) { CHECK(false); }

void FunctionCompiler::expand(const ir::WriteMemory& op, ir::Temp result) {
  load_temp(Reg::k1, op.address);
  address(Reg::k2, op.from);
  code_.move(Reg::k3, static_cast<int32_t>(op.length));
  code_.call(helper::kWriteUser);
  count_if_negative(result);
}

// r0: the error. Loses r0 to r5 when there is a record to be made.
void FunctionCompiler::count_fault(ir::EmitId on_fault) {
  count(GlobalsLayout::kFaults);
  if (on_fault == ir::kNoEmit || request_.seq != nullptr) return;
  constexpr int32_t kSize = static_cast<int32_t>(kRecordHeader) + 8;
  const Label full = code_.new_label();
  const Label done = code_.new_label();
  code_.store(8, Reg::kFrame, kWork1, Reg::k0);
  code_.call(helper::kTimeMonotonic);
  code_.store(8, Reg::kFrame, kWork2, Reg::k0);
  code_.load_map(Reg::k1, environment_.data_ring_fd);
  code_.move(Reg::k2, kSize);
  code_.move(Reg::k3, 0);
  code_.call(helper::kRingReserve);
  code_.jump_if(Jump::kEqual, Reg::k0, 0, full);
  code_.store(4, Reg::k0, kEmitOffset, static_cast<int32_t>(on_fault));
  store_site({Reg::k0, kSiteOffset}, Reg::k1);
  code_.load(8, Reg::k1, Reg::kFrame, kWork2);
  code_.store(8, Reg::k0, kTimeOffset, Reg::k1);
  code_.load(8, Reg::k1, Reg::kFrame, kWork1);
  code_.store(8, Reg::k0, static_cast<int32_t>(kRecordHeader), Reg::k1);
  code_.move(Reg::k1, Reg::k0);
  code_.move(Reg::k2, static_cast<int32_t>(BPF_RB_NO_WAKEUP));
  code_.call(helper::kRingSubmit);
  code_.jump(done);
  code_.bind(full);
  count(GlobalsLayout::kLostRecords);
  code_.bind(done);
}

// r0: an address in the kernel; then what lies OFFSET bytes further, of SIZE bytes (zero for a fault).
void FunctionCompiler::follow(uint32_t offset, uint32_t size) {
  code_.move(Reg::k3, Reg::k0);
  code_.alu(Alu::kAdd, Reg::k3, static_cast<int32_t>(offset));
  code_.move(Reg::k1, Reg::kFrame);
  code_.alu(Alu::kAdd, Reg::k1, kWork0);
  code_.move(Reg::k2, static_cast<int32_t>(size));
  code_.call(helper::kReadKernel);
  code_.load(size, Reg::k0, Reg::kFrame, kWork0);
}

void FunctionCompiler::read_parent() {
  code_.call(helper::kCurrentTask);
  follow(environment_.task.real_parent, 8);
  follow(environment_.task.tgid, 4);
}

void FunctionCompiler::read_process_name(ir::Place to) {
  code_.call(helper::kCurrentTask);
  follow(environment_.task.group_leader, 8);
  code_.move(Reg::k3, Reg::k0);
  code_.alu(Alu::kAdd, Reg::k3, static_cast<int32_t>(environment_.task.comm));
  address(Reg::k1, to);
  code_.move(Reg::k2, 16);
  code_.call(helper::kReadKernelString);  // which leaves what is behind the NUL as it was: zeros
}

}  // namespace polytap::ebpf
