// ioctl(2) of video devices (V4L2): formats, cropping, frame sizes and rates.
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

// v4l2_fourcc('Y', 'U', 'Y', 'V') /* V4L2_PIX_FMT_YUYV */
void put_four_characters(CallText& text, Bytes bytes, const ConstantTable& names) {
  const uint64_t code = number_in(bytes);
  if (text.style.constants == ConstantStyle::kRaw) return text.hex(code);
  text.put("v4l2_fourcc(");
  for (size_t i = 0; i < 4; ++i) {
    if (i > 0) text.put(", ");
    const auto c = static_cast<unsigned char>(bytes[i]);
    if (c == '\'' || c == '\\') {
      text.print("'\\{}'", static_cast<char>(c));
    } else if (c >= ' ' && c < 0x7f) {
      text.print("'{}'", static_cast<char>(c));
    } else {
      text.print("'\\x{:02x}'", c);
    }
  }
  text.put(')');
  if (const std::string_view name = names.find(code); !name.empty()) text.print(" /* {} */", name);
}
void put_pixel_format(CallText& text, Bytes bytes, Bytes) { put_four_characters(text, bytes, kVideoPixelFormats); }
void put_radio_format(CallText& text, Bytes bytes, Bytes) { put_four_characters(text, bytes, kVideoRadioFormats); }
void put_meta_format(CallText& text, Bytes bytes, Bytes) { put_four_characters(text, bytes, kVideoMetaFormats); }
constexpr ValueKind kPixelFormat = printed_by(put_pixel_format, 4);

constexpr Field kRectangleFields[] = {
    POLYTAP_FIELD(v4l2_rect, left, kSigned),
    POLYTAP_FIELD(v4l2_rect, top, kSigned),
    POLYTAP_FIELD(v4l2_rect, width, kNumber),
    POLYTAP_FIELD(v4l2_rect, height, kNumber),
};
constexpr Structure kRectangle{kRectangleFields, sizeof(v4l2_rect)};

// The variants of struct v4l2_format.
using Pixels = v4l2_pix_format;
constexpr Field kPixelFields[] = {
    POLYTAP_FIELD(Pixels, width, kNumber),
    POLYTAP_FIELD(Pixels, height, kNumber),
    POLYTAP_FIELD(Pixels, pixelformat, kPixelFormat),
    POLYTAP_FIELD(Pixels, field, one_of(kVideoFields)),
    POLYTAP_FIELD(Pixels, bytesperline, kNumber),
    POLYTAP_FIELD(Pixels, sizeimage, kNumber),
    POLYTAP_FIELD(Pixels, colorspace, one_of(kVideoColorspaces)),
};
constexpr Structure kPixels{kPixelFields, sizeof(Pixels)};

using Plane = v4l2_plane_pix_format;
constexpr Field kPlaneFields[] = {
    POLYTAP_FIELD(Plane, sizeimage, kNumber),
    POLYTAP_FIELD(Plane, bytesperline, kNumber),
};
constexpr Structure kPlane{kPlaneFields, sizeof(Plane)};
constexpr ValueKind kOnePlane = structure_of(kPlane);
using Planes = v4l2_pix_format_mplane;
void put_planes(CallText& text, Bytes bytes, Bytes whole) {
  const uint64_t count = number_in(whole.subspan(offsetof(Planes, num_planes), 1));
  put_value(text, bytes.first(std::min<uint64_t>(count * sizeof(Plane), bytes.size())), array_of(kOnePlane));
}
constexpr Field kPlanesFields[] = {
    POLYTAP_FIELD(Planes, width, kNumber),
    POLYTAP_FIELD(Planes, height, kNumber),
    POLYTAP_FIELD(Planes, pixelformat, kPixelFormat),
    POLYTAP_FIELD(Planes, field, one_of(kVideoFields)),
    POLYTAP_FIELD(Planes, colorspace, one_of(kVideoColorspaces)),
    POLYTAP_FIELD(Planes, plane_fmt, printed_by(put_planes)),
    POLYTAP_FIELD(Planes, num_planes, kNumber),
};
constexpr Structure kPlanes{kPlanesFields, sizeof(Planes)};

using Window = v4l2_window;
void put_clips(CallText& text, Bytes bytes, Bytes whole) {
  const uint64_t count = number_in(whole.subspan(offsetof(Window, clipcount), sizeof(uint32_t)));
  printers::put_array<v4l2_clip>(text, number_in(bytes), count, [&](const v4l2_clip& each) {
    text.put("{c=");
    put_structure(text, bytes_of(each.c), kRectangle);
    text.put('}');
  });
}
constexpr Field kWindowFields[] = {
    POLYTAP_FIELD(Window, w, structure_of(kRectangle)),
    POLYTAP_FIELD(Window, field, one_of(kVideoFields)),
    POLYTAP_FIELD(Window, chromakey, kHex),
    POLYTAP_FIELD(Window, clips, printed_by(put_clips)),
    POLYTAP_FIELD(Window, clipcount, kNumber),
    POLYTAP_FIELD(Window, bitmap, kAddress),
    POLYTAP_RESERVED_FIELD(Window, global_alpha, kHex),
};
constexpr Structure kWindow{kWindowFields, sizeof(Window)};

using Blanking = v4l2_vbi_format;
constexpr Field kBlankingFields[] = {
    POLYTAP_FIELD(Blanking, sampling_rate, kNumber),
    POLYTAP_FIELD(Blanking, offset, kNumber),
    POLYTAP_FIELD(Blanking, samples_per_line, kNumber),
    POLYTAP_FIELD(Blanking, sample_format, kPixelFormat),
    POLYTAP_FIELD(Blanking, start, array_of(kInt32)),
    POLYTAP_FIELD(Blanking, count, array_of(kUint32)),
    POLYTAP_FIELD(Blanking, flags, flags_of(kVideoBlankingFlags)),
};
constexpr Structure kBlanking{kBlankingFields, sizeof(Blanking)};

using Sliced = v4l2_sliced_vbi_format;
constexpr ValueKind kServiceLines = array_of(kHex16, sizeof(Sliced::service_lines) / 2);
constexpr Field kSlicedFields[] = {
    POLYTAP_FIELD(Sliced, service_set, flags_of(kVideoSlicedFlags)),
    POLYTAP_FIELD(Sliced, service_lines, array_of(kServiceLines)),
    POLYTAP_FIELD(Sliced, io_size, kNumber),
};
constexpr Structure kSliced{kSlicedFields, sizeof(Sliced)};

constexpr Field kRadioFields[] = {
    POLYTAP_FIELD(v4l2_sdr_format, pixelformat, printed_by(put_radio_format)),
    POLYTAP_RESERVED_FIELD(v4l2_sdr_format, buffersize, kNumber),
};
constexpr Structure kRadio{kRadioFields, sizeof(v4l2_sdr_format)};
constexpr Field kMetaFields[] = {
    POLYTAP_FIELD(v4l2_meta_format, dataformat, printed_by(put_meta_format)),
    POLYTAP_FIELD(v4l2_meta_format, buffersize, kNumber),
};
constexpr Structure kMeta{kMetaFields, sizeof(v4l2_meta_format)};

struct Variant {
  uint32_t type;
  std::string_view name;
  const Structure* structure;
};
constexpr Variant kVariants[] = {
    {V4L2_BUF_TYPE_VIDEO_CAPTURE, "fmt.pix", &kPixels},
    {V4L2_BUF_TYPE_VIDEO_OUTPUT, "fmt.pix", &kPixels},
    {V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, "fmt.pix_mp", &kPlanes},
    {V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE, "fmt.pix_mp", &kPlanes},
    {V4L2_BUF_TYPE_VIDEO_OVERLAY, "fmt.win", &kWindow},
    {V4L2_BUF_TYPE_VIDEO_OUTPUT_OVERLAY, "fmt.win", &kWindow},
    {V4L2_BUF_TYPE_VBI_CAPTURE, "fmt.vbi", &kBlanking},
    {V4L2_BUF_TYPE_VBI_OUTPUT, "fmt.vbi", &kBlanking},
    {V4L2_BUF_TYPE_SLICED_VBI_CAPTURE, "fmt.sliced", &kSliced},
    {V4L2_BUF_TYPE_SLICED_VBI_OUTPUT, "fmt.sliced", &kSliced},
    {V4L2_BUF_TYPE_SDR_CAPTURE, "fmt.sdr", &kRadio},
    {V4L2_BUF_TYPE_SDR_OUTPUT, "fmt.sdr", &kRadio},
    {V4L2_BUF_TYPE_META_CAPTURE, "fmt.meta", &kMeta},
    {V4L2_BUF_TYPE_META_OUTPUT, "fmt.meta", &kMeta},
};

// PREFIX, and what the format's type says is there. False when it says nothing.
bool put_variant(CallText& text, const v4l2_format& format, std::string_view prefix) {
  const auto found = std::ranges::find(kVariants, format.type, &Variant::type);
  if (found == std::end(kVariants)) return false;
  text.print("{}{}=", prefix, found->name);
  put_structure(text, bytes_of(format.fmt).first(found->structure->size), *found->structure);
  return true;
}

template <bool kGets>
bool put_format(CallText& text, uint64_t at) {
  v4l2_format format{};
  if (!text.fetch(at, format)) return false;
  text.put("{type=");
  text.enumeration(kVideoBufferTypes, format.type);
  if (kGets || put_variant(text, format, ", ")) return true;
  text.put('}');
  return false;
}
template <bool kGets>
void put_format_answer(CallText& text, uint64_t at) {
  v4l2_format format{};
  if (text.memory.read_object(at, format)) put_variant(text, format, kGets ? ", " : "} => {");
}

using Description = v4l2_fmtdesc;
constexpr Field kDescriptionFields[] = {
    POLYTAP_FIELD(Description, index, kNumber),
    POLYTAP_FIELD(Description, type, kBufferType),
    POLYTAP_FIELD(Description, flags, flags_of(kVideoFormatFlags)),
    POLYTAP_FIELD(Description, description, kCString),
    POLYTAP_FIELD(Description, pixelformat, kPixelFormat),
};
template <typename T, size_t N>
constexpr Structure part_of(const Field (&fields)[N], size_t from, size_t count) {
  return {std::span(fields).subspan(from, count), sizeof(T)};
}
constexpr Structure kDescriptionQuestion = part_of<Description>(kDescriptionFields, 0, 2);
constexpr Structure kDescriptionAnswer = part_of<Description>(kDescriptionFields, 2, 3);

// struct v4l2_create_buffers: what was made is shown beside the returned value.
using Create = v4l2_create_buffers;
bool put_create(CallText& text, uint64_t at) {
  Create create{};
  if (!text.fetch(at, create)) return false;
  text.print("{{count={}, memory=", create.count);
  text.enumeration(kVideoMemories, create.memory);
  text.put(", format={type=");
  text.enumeration(kVideoBufferTypes, create.format.type);
  put_variant(text, create.format, ", ");
  text.put("}}");
  return true;
}
void note_created(CallText& text) {
  Create create{};
  if (!text.memory.read_object(text.argument(2), create)) return;
  text.note = fmt::format("{{index={}, count={}}}", create.index, create.count);
}

// Streaming parameters.
using Capture = v4l2_captureparm;
using Output = v4l2_outputparm;
#define STREAM_FIELDS(type_, mode, buffers)                                                                    \
  POLYTAP_FIELD(type_, capability, flags_of(kVideoStreamCapabilities)),                                        \
      POLYTAP_FIELD(type_, mode, flags_of(kVideoCaptureModes)), POLYTAP_FIELD(type_, timeperframe, kFraction), \
      POLYTAP_FIELD(type_, extendedmode, kHex), POLYTAP_FIELD(type_, buffers, kNumber)
constexpr Field kCaptureFields[] = {STREAM_FIELDS(Capture, capturemode, readbuffers)};
constexpr Structure kCapture{kCaptureFields, sizeof(Capture)};
constexpr Field kOutputFields[] = {STREAM_FIELDS(Output, outputmode, writebuffers)};
constexpr Structure kOutput{kOutputFields, sizeof(Output)};

using Stream = v4l2_streamparm;
void put_stream_parameters(CallText& text, const Stream& stream) {
  if (stream.type == V4L2_BUF_TYPE_VIDEO_CAPTURE) {
    text.put("parm.capture=");
    put_structure(text, bytes_of(stream.parm.capture), kCapture);
  } else {
    text.put("parm.output=");
    put_structure(text, bytes_of(stream.parm.output), kOutput);
  }
}
template <bool kGets>
bool put_stream(CallText& text, uint64_t at) {
  Stream stream{};
  if (!text.fetch(at, stream)) return false;
  text.put("{type=");
  text.enumeration(kVideoBufferTypes, stream.type);
  if (stream.type != V4L2_BUF_TYPE_VIDEO_CAPTURE && stream.type != V4L2_BUF_TYPE_VIDEO_OUTPUT) {
    text.put('}');
    return false;
  }
  if (kGets) return true;
  text.put(", ");
  put_stream_parameters(text, stream);
  return true;
}
template <bool kGets>
void put_stream_answer(CallText& text, uint64_t at) {
  Stream stream{};
  if (!text.memory.read_object(at, stream)) return;
  text.put(kGets ? ", " : "} => {");
  put_stream_parameters(text, stream);
}

// Cropping.
constexpr Field kCropLimitFields[] = {
    POLYTAP_FIELD(v4l2_cropcap, type, kBufferType),
    POLYTAP_FIELD(v4l2_cropcap, bounds, structure_of(kRectangle)),
    POLYTAP_FIELD(v4l2_cropcap, defrect, structure_of(kRectangle)),
    POLYTAP_FIELD(v4l2_cropcap, pixelaspect, kFraction),
};
constexpr Structure kCropLimitQuestion = part_of<v4l2_cropcap>(kCropLimitFields, 0, 1);
constexpr Structure kCropLimitAnswer = part_of<v4l2_cropcap>(kCropLimitFields, 1, 3);
constexpr Field kCropFields[] = {
    POLYTAP_FIELD(v4l2_crop, type, kBufferType),
    POLYTAP_FIELD(v4l2_crop, c, structure_of(kRectangle)),
};
constexpr Structure kCrop{kCropFields, sizeof(v4l2_crop)};
constexpr Structure kCropQuestion = part_of<v4l2_crop>(kCropFields, 0, 1);
constexpr Structure kCropAnswer = part_of<v4l2_crop>(kCropFields, 1, 1);

// Frame sizes and intervals.
using Size = v4l2_frmsizeenum;
using Interval = v4l2_frmivalenum;
constexpr Field kDiscreteFields[] = {
    POLYTAP_FIELD(v4l2_frmsize_discrete, width, kNumber),
    POLYTAP_FIELD(v4l2_frmsize_discrete, height, kNumber),
};
constexpr Structure kDiscrete{kDiscreteFields, sizeof(v4l2_frmsize_discrete)};
constexpr Field kStepFields[] = {
    POLYTAP_FIELD(v4l2_frmsize_stepwise, min_width, kNumber),
    POLYTAP_FIELD(v4l2_frmsize_stepwise, max_width, kNumber),
    POLYTAP_FIELD(v4l2_frmsize_stepwise, step_width, kNumber),
    POLYTAP_FIELD(v4l2_frmsize_stepwise, min_height, kNumber),
    POLYTAP_FIELD(v4l2_frmsize_stepwise, max_height, kNumber),
    POLYTAP_FIELD(v4l2_frmsize_stepwise, step_height, kNumber),
};
constexpr Structure kStep{kStepFields, sizeof(v4l2_frmsize_stepwise)};
constexpr Field kIntervalStepFields[] = {
    POLYTAP_FIELD(v4l2_frmival_stepwise, min, kFraction),
    POLYTAP_FIELD(v4l2_frmival_stepwise, max, kFraction),
    POLYTAP_FIELD(v4l2_frmival_stepwise, step, kFraction),
};
constexpr Structure kIntervalStep{kIntervalStepFields, sizeof(v4l2_frmival_stepwise)};
template <typename T, uint32_t... kTypes>
bool is_of(Bytes whole) {
  const uint64_t type = number_in(whole.subspan(offsetof(T, type), sizeof(uint32_t)));
  return ((type == kTypes) || ...);
}
constexpr Field kSizeFields[] = {
    POLYTAP_FIELD(Size, index, kNumber),
    POLYTAP_FIELD(Size, pixel_format, kPixelFormat),
    POLYTAP_FIELD(Size, type, one_of(kVideoFrameSizes)),
    POLYTAP_FIELD(Size, discrete, structure_of(kDiscrete), false, is_of<Size, V4L2_FRMSIZE_TYPE_DISCRETE>),
    POLYTAP_FIELD(Size, stepwise, structure_of(kStep), false, is_of<Size, V4L2_FRMSIZE_TYPE_STEPWISE>),
};
constexpr Structure kSizeQuestion = part_of<Size>(kSizeFields, 0, 2);
constexpr Structure kSizeAnswer = part_of<Size>(kSizeFields, 2, 3);
constexpr Field kIntervalFields[] = {
    POLYTAP_FIELD(Interval, index, kNumber),
    POLYTAP_FIELD(Interval, pixel_format, kPixelFormat),
    POLYTAP_FIELD(Interval, width, kNumber),
    POLYTAP_FIELD(Interval, height, kNumber),
    POLYTAP_FIELD(Interval, type, one_of(kVideoFrameIntervals)),
    POLYTAP_FIELD(Interval, discrete, kFraction, false, is_of<Interval, V4L2_FRMIVAL_TYPE_DISCRETE>),
    POLYTAP_FIELD(Interval, stepwise, structure_of(kIntervalStep), false,
                  is_of<Interval, V4L2_FRMIVAL_TYPE_STEPWISE, V4L2_FRMIVAL_TYPE_CONTINUOUS>),
};
constexpr Structure kIntervalQuestion = part_of<Interval>(kIntervalFields, 0, 4);
constexpr Structure kIntervalAnswer = part_of<Interval>(kIntervalFields, 4, 3);

constexpr IoctlContent kContents[] = {
    continued(VIDIOC_ENUM_FMT, structure_of(kDescriptionQuestion), structure_of(kDescriptionAnswer)),
    own_continued(VIDIOC_G_FMT, put_format<true>, put_format_answer<true>),
    own_continued(VIDIOC_S_FMT, put_format<false>, put_format_answer<false>),
    own_continued(VIDIOC_TRY_FMT, put_format<false>, put_format_answer<false>),
    own_in(VIDIOC_CREATE_BUFS, put_create).with_note(note_created),
    own_continued(VIDIOC_G_PARM, put_stream<true>, put_stream_answer<true>),
    own_continued(VIDIOC_S_PARM, put_stream<false>, put_stream_answer<false>),
    continued(VIDIOC_CROPCAP, structure_of(kCropLimitQuestion), structure_of(kCropLimitAnswer)),
    continued(VIDIOC_G_CROP, structure_of(kCropQuestion), structure_of(kCropAnswer)),
    in(VIDIOC_S_CROP, structure_of(kCrop)),
    continued(VIDIOC_ENUM_FRAMESIZES, structure_of(kSizeQuestion), structure_of(kSizeAnswer)),
    continued(VIDIOC_ENUM_FRAMEINTERVALS, structure_of(kIntervalQuestion), structure_of(kIntervalAnswer)),
};

}  // namespace

const IoctlFamily kVideoFormatIoctls{'V', kContents};

}  // namespace polytap
