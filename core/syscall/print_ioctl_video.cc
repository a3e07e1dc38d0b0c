// ioctl(2) of video devices (V4L2): buffers, controls, tuners, what there is to choose from. Formats: see
// print_ioctl_video_format.cc.
#include <linux/videodev2.h>

#include <algorithm>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/printers.h"
#include "core/syscall/tables_ioctl_video.h"
#include "core/syscall/value_kinds.h"
#include "core/syscall/video_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;
using namespace ioctl_rows;
using namespace video_kinds;
using Bytes = std::span<const std::byte>;

void put_version(CallText& text, Bytes bytes, Bytes) {
  const uint64_t version = number_in(bytes);
  const ConstantStyle style = text.style.constants;
  if (style != ConstantStyle::kAbbreviated) text.hex(version);
  if (style == ConstantStyle::kRaw) return;
  if (style == ConstantStyle::kVerbose) text.put(" /* ");
  text.print("KERNEL_VERSION({}, {}, {})", version >> 16, version >> 8 & 0xff, version & 0xff);
  if (style == ConstantStyle::kVerbose) text.put(" */");
}

constexpr Field kCapabilityFields[] = {
    POLYTAP_FIELD(v4l2_capability, driver, kCString),
    POLYTAP_FIELD(v4l2_capability, card, kCString),
    POLYTAP_FIELD(v4l2_capability, bus_info, kCString),
    POLYTAP_FIELD(v4l2_capability, version, printed_by(put_version)),
    POLYTAP_FIELD(v4l2_capability, capabilities, flags_of(kVideoCapabilities)),
    POLYTAP_RESERVED_FIELD(v4l2_capability, device_caps, flags_of(kVideoCapabilities)),
};
constexpr Structure kCapability{kCapabilityFields, sizeof(v4l2_capability)};

template <typename T, size_t N>
constexpr Structure part_of(const Field (&fields)[N], size_t from, size_t count) {
  return {std::span(fields).subspan(from, count), sizeof(T)};
}

// Buffers. How many there are is said again only when the driver gives another number.
template <typename T>
bool put_open(CallText& text, uint64_t at, const Structure& structure, T& object) {
  if (!text.fetch(at, object)) return false;
  text.put('{');
  put_fields(text, bytes_of(object), structure);
  return true;
}

using Request = v4l2_requestbuffers;
constexpr Field kRequestFields[] = {
    POLYTAP_FIELD(Request, type, kBufferType),
    POLYTAP_FIELD(Request, memory, one_of(kVideoMemories)),
    POLYTAP_FIELD(Request, count, kNumber),
};
bool put_request(CallText& text, uint64_t at) {
  Request request{};
  if (!put_open(text, at, {kRequestFields, sizeof(Request)}, request)) return false;
  text.kept = request.count;
  return true;
}
void put_request_answer(CallText& text, uint64_t at) {
  Request request{};
  if (text.memory.read_object(at, request) && request.count != text.kept) text.print(" => {}", request.count);
}

void put_buffer_flags(CallText& text, Bytes bytes, Bytes) {
  const auto value = static_cast<uint32_t>(number_in(bytes));
  if (text.style.constants == ConstantStyle::kRaw) return text.hex(value);
  const uint32_t clock = value & V4L2_BUF_FLAG_TIMESTAMP_MASK;
  const uint32_t source = value & V4L2_BUF_FLAG_TSTAMP_SRC_MASK;
  if (const uint32_t rest = value & ~clock & ~source; rest != 0) {
    text.flags(kVideoBufferFlags, rest);
    text.put('|');
  }
  text.enumeration(kVideoBufferClocks, clock);
  text.put('|');
  text.enumeration(kVideoBufferSources, source);
}
void put_timestamp(CallText& text, Bytes bytes, Bytes) {
  text.print("{{tv_sec={}, tv_usec={}}}", static_cast<int64_t>(number_in(bytes.first(8))),
             number_in(bytes.subspan(8, 8)));
}
using Buffer = v4l2_buffer;
template <uint32_t kMemory>
bool lies_in(Bytes whole) {
  return number_in(whole.subspan(offsetof(Buffer, memory), sizeof(uint32_t))) == kMemory;
}
#define BUFFER_REST                                                                      \
  POLYTAP_FIELD(Buffer, memory, one_of(kVideoMemories)),                                 \
      POLYTAP_FIELD(Buffer, m.offset, kHex, false, lies_in<V4L2_MEMORY_MMAP>),           \
      POLYTAP_FIELD(Buffer, m.userptr, kAddress, false, lies_in<V4L2_MEMORY_USERPTR>),   \
      POLYTAP_FIELD(Buffer, length, kNumber), POLYTAP_FIELD(Buffer, bytesused, kNumber), \
      POLYTAP_FIELD(Buffer, flags, printed_by(put_buffer_flags))
constexpr Field kBufferHead[] = {POLYTAP_FIELD(Buffer, type, kBufferType), POLYTAP_FIELD(Buffer, index, kNumber)};
constexpr Field kBufferRest[] = {BUFFER_REST};
constexpr Field kDequeuedRest[] = {kBufferHead[1], BUFFER_REST,
                                   POLYTAP_FIELD(Buffer, timestamp, printed_by(put_timestamp))};

bool put_buffer(CallText& text, uint64_t at) {
  Buffer buffer{};
  return put_open(text, at, {kBufferHead, sizeof buffer}, buffer);
}
bool put_dequeued(CallText& text, uint64_t at) {
  Buffer buffer{};
  return put_open(text, at, {std::span(kBufferHead).first(1), sizeof buffer}, buffer);
}
void put_rest(CallText& text, uint64_t at, std::span<const Field> fields) {
  Buffer buffer{};
  if (!text.memory.read_object(at, buffer)) return;
  text.put(", ");
  put_fields(text, bytes_of(buffer), {fields, sizeof buffer});
  text.put(", ...");
}
void put_buffer_answer(CallText& text, uint64_t at) { put_rest(text, at, kBufferRest); }
void put_dequeued_answer(CallText& text, uint64_t at) { put_rest(text, at, kDequeuedRest); }

constexpr Field kExportFields[] = {
    POLYTAP_FIELD(v4l2_exportbuffer, type, kBufferType),
    POLYTAP_FIELD(v4l2_exportbuffer, index, kNumber),
    POLYTAP_FIELD(v4l2_exportbuffer, plane, kNumber),
    POLYTAP_FIELD(v4l2_exportbuffer, flags, printed_by([](CallText& text, Bytes bytes, Bytes) {
                    printers::put_open_flags(text, number_in(bytes));
                  })),
};
constexpr Structure kExport{kExportFields, sizeof(v4l2_exportbuffer)};
constexpr Field kExportedFields[] = {POLYTAP_FIELD(v4l2_exportbuffer, fd, kFd)};
constexpr Structure kExported{kExportedFields, sizeof(v4l2_exportbuffer)};

constexpr Field kFrameBufferFields[] = {
    POLYTAP_FIELD(v4l2_framebuffer, capability, kHex),
    POLYTAP_FIELD(v4l2_framebuffer, flags, kHex),
    POLYTAP_FIELD(v4l2_framebuffer, base, kAddress),
};
constexpr Structure kFrameBuffer{kFrameBufferFields, sizeof(v4l2_framebuffer)};

// Standards and inputs.
constexpr Field kStandardFields[] = {
    POLYTAP_FIELD(v4l2_standard, index, kNumber),
    POLYTAP_FIELD(v4l2_standard, name, kCString),
    POLYTAP_FIELD(v4l2_standard, frameperiod, kFraction),
    POLYTAP_FIELD(v4l2_standard, framelines, kNumber),
};
constexpr Structure kStandardQuestion = part_of<v4l2_standard>(kStandardFields, 0, 1);
constexpr Structure kStandardAnswer = part_of<v4l2_standard>(kStandardFields, 1, 3);
constexpr Field kInputFields[] = {
    POLYTAP_FIELD(v4l2_input, index, kNumber),
    POLYTAP_FIELD(v4l2_input, name, kCString),
    POLYTAP_FIELD(v4l2_input, type, one_of(kVideoInputTypes)),
};
constexpr Structure kInputQuestion = part_of<v4l2_input>(kInputFields, 0, 1);
constexpr Structure kInputAnswer = part_of<v4l2_input>(kInputFields, 1, 2);

// Tuners.
constexpr Field kTunerFields[] = {
    POLYTAP_FIELD(v4l2_tuner, index, kNumber),
    POLYTAP_FIELD(v4l2_tuner, name, kCString),
    POLYTAP_FIELD(v4l2_tuner, type, one_of(kVideoTunerTypes)),
    POLYTAP_FIELD(v4l2_tuner, capability, flags_of(kVideoTunerCapabilities)),
    POLYTAP_FIELD(v4l2_tuner, rangelow, kNumber),
    POLYTAP_FIELD(v4l2_tuner, rangehigh, kNumber),
    POLYTAP_FIELD(v4l2_tuner, rxsubchans, flags_of(kVideoTunerSubchannels)),
    POLYTAP_FIELD(v4l2_tuner, audmode, one_of(kVideoTunerModes)),
    POLYTAP_FIELD(v4l2_tuner, signal, kSigned),
    POLYTAP_FIELD(v4l2_tuner, afc, kSigned),
};
constexpr Structure kTuner{kTunerFields, sizeof(v4l2_tuner)};
constexpr Structure kTunerQuestion = part_of<v4l2_tuner>(kTunerFields, 0, 1);
constexpr Structure kTunerAnswer = part_of<v4l2_tuner>(kTunerFields, 1, 9);

// Controls: by name, or by their class and number within it; asking for the next one is a flag.
void put_control_id(CallText& text, uint32_t id, bool has_flags) {
  const ConstantStyle style = text.style.constants;
  if (style == ConstantStyle::kRaw) return text.hex(id);
  constexpr uint32_t kNext = V4L2_CTRL_FLAG_NEXT_CTRL | V4L2_CTRL_FLAG_NEXT_COMPOUND;
  if (has_flags && (id & kNext) != 0) {
    text.flags(kVideoNextControlFlags, id & kNext);
    text.put('|');
    id &= ~kNext;
  }
  if (!kVideoControls.find(id).empty()) return text.enumeration(kVideoControls, id);
  const Constant* nearest = nullptr;
  for (const Constant& each : kVideoControlClasses.constants) {
    if (each.value <= id && (nearest == nullptr || each.value > nearest->value)) nearest = &each;
  }
  constexpr uint32_t kClassSize = 0x10000;
  if (nearest == nullptr || id - nearest->value >= kClassSize) return text.enumeration(kVideoControls, id);
  const std::string name = fmt::format("{}+{:#x}", nearest->name, id - nearest->value);
  if (style == ConstantStyle::kVerbose) {
    text.hex(id);
    text.print(" /* {} */", name);
  } else {
    text.put(name);
  }
}
void put_id(CallText& text, Bytes bytes, Bytes) {
  put_control_id(text, static_cast<uint32_t>(number_in(bytes)), false);
}
void put_id_or_next(CallText& text, Bytes bytes, Bytes) {
  put_control_id(text, static_cast<uint32_t>(number_in(bytes)), true);
}

constexpr Field kControlFields[] = {
    POLYTAP_FIELD(v4l2_control, id, printed_by(put_id)),
    POLYTAP_FIELD(v4l2_control, value, kSigned),
};
constexpr Structure kControlQuestion = part_of<v4l2_control>(kControlFields, 0, 1);
constexpr Structure kControlAnswer = part_of<v4l2_control>(kControlFields, 1, 1);
bool put_control(CallText& text, uint64_t at) {
  v4l2_control control{};
  if (!put_open(text, at, {kControlFields, sizeof control}, control)) return false;
  text.kept = static_cast<uint32_t>(control.value);
  return true;
}
void put_control_answer(CallText& text, uint64_t at) {
  v4l2_control control{};
  if (!text.memory.read_object(at, control)) return;
  if (control.value != static_cast<int32_t>(text.kept)) text.print(" => {}", control.value);
}

#define QUERY_FIELDS(type_, step_kind)                                                                     \
  POLYTAP_FIELD(type_, type, one_of(kVideoControlTypes)), POLYTAP_FIELD(type_, name, kCString),            \
      POLYTAP_VERBOSE_FIELD(type_, minimum, kSigned), POLYTAP_VERBOSE_FIELD(type_, maximum, kSigned),      \
      POLYTAP_VERBOSE_FIELD(type_, step, step_kind), POLYTAP_VERBOSE_FIELD(type_, default_value, kSigned), \
      POLYTAP_VERBOSE_FIELD(type_, flags, flags_of(kVideoControlFlags))
#define RESERVED_WORDS(type_)                                                               \
  {                                                                                         \
    "reserved", offsetof(type_, reserved), sizeof(type_::reserved), array_of(kHex32), true, \
        is_nonzero<offsetof(type_, reserved), sizeof(type_::reserved)>                      \
  }
using Query = v4l2_queryctrl;
using ExtendedQuery = v4l2_query_ext_ctrl;
constexpr Field kQueryFields[] = {QUERY_FIELDS(Query, kSigned), RESERVED_WORDS(Query)};
void put_dimensions(CallText& text, Bytes bytes, Bytes whole) {
  const uint64_t count = number_in(whole.subspan(offsetof(ExtendedQuery, nr_of_dims), sizeof(uint32_t)));
  put_value(text, bytes.first(std::min<uint64_t>(count * sizeof(uint32_t), bytes.size())), array_of(kUint32));
}
constexpr Field kExtendedQueryFields[] = {
    QUERY_FIELDS(ExtendedQuery, kNumber),
    POLYTAP_VERBOSE_FIELD(ExtendedQuery, elem_size, kNumber),
    POLYTAP_VERBOSE_FIELD(ExtendedQuery, elems, kNumber),
    POLYTAP_VERBOSE_FIELD(ExtendedQuery, nr_of_dims, kNumber),
    POLYTAP_VERBOSE_FIELD(ExtendedQuery, dims, printed_by(put_dimensions)),
    RESERVED_WORDS(ExtendedQuery),
};
template <typename T>
bool put_query(CallText& text, uint64_t at) {
  constexpr Field kFields[] = {POLYTAP_FIELD(T, id, printed_by(put_id_or_next))};
  T query{};
  if (!put_open(text, at, {kFields, sizeof query}, query)) return false;
  text.kept = query.id;
  return true;
}
template <typename T, const auto& kFields>
void put_query_answer(CallText& text, uint64_t at) {
  T query{};
  if (!text.memory.read_object(at, query)) return;
  if (query.id != text.kept) {
    text.put(" => ");
    put_control_id(text, query.id, false);
  }
  text.put(", ");
  put_fields(text, bytes_of(query), {kFields, sizeof query});
}

using Menu = v4l2_querymenu;
constexpr Field kMenuFields[] = {
    POLYTAP_FIELD(Menu, id, printed_by(put_id)),
    POLYTAP_FIELD(Menu, index, kNumber),
    POLYTAP_FIELD(Menu, name, kCString),
    POLYTAP_FIELD(Menu, value, kSigned),
};
constexpr Structure kMenuQuestion = part_of<Menu>(kMenuFields, 0, 2);
constexpr Structure kMenuAnswer = part_of<Menu>(kMenuFields, 2, 2);

// Several controls at once.
using Controls = v4l2_ext_controls;
void put_extended(CallText& text, const v4l2_ext_control& control) {
  text.put("{id=");
  text.enumeration(kVideoControls, control.id);
  text.print(", size={}", control.size);
  if (control.size > 0) {
    text.put(", string=");
    text.buffer(reinterpret_cast<uint64_t>(control.string), control.size);
  } else {
    text.print(", value={}, value64={}", static_cast<int32_t>(control.value), static_cast<int64_t>(control.value64));
  }
  text.put('}');
}
void put_list(CallText& text, const Controls& controls) {
  text.put("controls=");
  printers::put_array<v4l2_ext_control>(text, reinterpret_cast<uint64_t>(controls.controls), controls.count,
                                        [&](const v4l2_ext_control& each) { put_extended(text, each); });
}
template <bool kGets>
bool put_controls(CallText& text, uint64_t at) {
  Controls controls{};
  if (!text.fetch(at, controls)) return false;
  text.put("{ctrl_class=");
  text.enumeration(kVideoControlClasses, controls.ctrl_class);
  text.print(", count={}", controls.count);
  if (controls.count == 0) {
    text.put('}');
    return false;
  }
  if (kGets) return true;
  text.put(", ");
  const auto list = reinterpret_cast<uint64_t>(controls.controls);
  put_list(text, controls);
  // What cannot be read now is not tried again.
  v4l2_ext_control last{};
  if (list != 0 && text.memory.read_object(list + (uint64_t{controls.count} - 1) * sizeof last, last)) return true;
  text.put('}');
  return false;
}
template <bool kGets>
void put_controls_answer(CallText& text, uint64_t at) {
  Controls controls{};
  if (!text.memory.read_object(at, controls)) return;
  text.put(kGets ? ", " : "} => {");
  put_list(text, controls);
  if (!text.succeeded()) text.print(", error_idx={}", controls.error_idx);
}

constexpr IoctlContent kContents[] = {
    out(VIDIOC_QUERYCAP, structure_of(kCapability)),
    own_continued(VIDIOC_REQBUFS, put_request, put_request_answer),
    answered(VIDIOC_EXPBUF, structure_of(kExport), structure_of(kExported)),
    own_continued(VIDIOC_QUERYBUF, put_buffer, put_buffer_answer),
    own_continued(VIDIOC_QBUF, put_buffer, put_buffer_answer),
    own_continued(VIDIOC_DQBUF, put_dequeued, put_dequeued_answer),
    out(VIDIOC_G_FBUF, structure_of(kFrameBuffer)),
    in(VIDIOC_S_FBUF, structure_of(kFrameBuffer)),
    in_brackets(VIDIOC_STREAMON, one_of(kVideoBufferTypes, 4)),
    in_brackets(VIDIOC_STREAMOFF, one_of(kVideoBufferTypes, 4)),
    out_brackets(VIDIOC_G_STD, kHex64),
    in_brackets(VIDIOC_S_STD, kHex64),
    continued(VIDIOC_ENUMSTD, structure_of(kStandardQuestion), structure_of(kStandardAnswer)),
    continued(VIDIOC_ENUMINPUT, structure_of(kInputQuestion), structure_of(kInputAnswer)),
    out_brackets(VIDIOC_G_INPUT, kUint32),
    in_brackets(VIDIOC_S_INPUT, kUint32),
    continued(VIDIOC_G_CTRL, structure_of(kControlQuestion), structure_of(kControlAnswer)),
    own_continued(VIDIOC_S_CTRL, put_control, put_control_answer),
    continued(VIDIOC_G_TUNER, structure_of(kTunerQuestion), structure_of(kTunerAnswer)),
    answered(VIDIOC_S_TUNER, structure_of(kTuner), structure_of(kTunerAnswer)),
    own_continued(VIDIOC_QUERYCTRL, put_query<Query>, put_query_answer<Query, kQueryFields>),
    own_continued(VIDIOC_QUERY_EXT_CTRL, put_query<ExtendedQuery>,
                  put_query_answer<ExtendedQuery, kExtendedQueryFields>),
    answered(VIDIOC_QUERYMENU, structure_of(kMenuQuestion), structure_of(kMenuAnswer)),
    own_continued(VIDIOC_G_EXT_CTRLS, put_controls<true>, put_controls_answer<true>).always_answered(),
    own_continued(VIDIOC_S_EXT_CTRLS, put_controls<false>, put_controls_answer<false>).always_answered(),
    own_continued(VIDIOC_TRY_EXT_CTRLS, put_controls<false>, put_controls_answer<false>).always_answered(),
};

}  // namespace

const IoctlFamily kVideoIoctls{'V', kContents};

}  // namespace polytap
