#include <linux/videodev2.h>

#include "ioctl_family.h"

int main(void) {
  EVERY(VIDIOC_QUERYCAP, VIDIOC_ENUM_FMT, VIDIOC_G_FMT, VIDIOC_S_FMT, VIDIOC_TRY_FMT, VIDIOC_REQBUFS, VIDIOC_QUERYBUF,
        VIDIOC_QBUF, VIDIOC_DQBUF, VIDIOC_G_FBUF, VIDIOC_S_FBUF, VIDIOC_STREAMON, VIDIOC_STREAMOFF, VIDIOC_G_PARM,
        VIDIOC_S_PARM, VIDIOC_G_STD, VIDIOC_S_STD, VIDIOC_ENUMSTD, VIDIOC_ENUMINPUT, VIDIOC_G_CTRL, VIDIOC_S_CTRL,
        VIDIOC_G_TUNER, VIDIOC_S_TUNER, VIDIOC_QUERYCTRL, VIDIOC_QUERY_EXT_CTRL, VIDIOC_G_INPUT, VIDIOC_S_INPUT,
        VIDIOC_CROPCAP, VIDIOC_G_CROP, VIDIOC_S_CROP, VIDIOC_G_EXT_CTRLS, VIDIOC_S_EXT_CTRLS, VIDIOC_TRY_EXT_CTRLS,
        VIDIOC_ENUM_FRAMESIZES, VIDIOC_ENUM_FRAMEINTERVALS, VIDIOC_CREATE_BUFS, VIDIOC_G_OUTPUT);
  // Every kind of format, and formats by name.
  struct v4l2_format format;
  struct v4l2_clip clips[2];
  memset(clips, 5, sizeof clips);
  for (unsigned type = 0; type < 17; type++) {
    memset(&format, 2, sizeof format);
    format.type = type;
    if (type == V4L2_BUF_TYPE_VIDEO_OVERLAY || type == V4L2_BUF_TYPE_VIDEO_OUTPUT_OVERLAY) {
      format.fmt.win.clips = clips;
      format.fmt.win.clipcount = 2;
    }
    one(VIDIOC_S_FMT, &format);
    one(VIDIOC_G_FMT, &format);
    struct v4l2_streamparm stream;
    memset(&stream, 3, sizeof stream);
    stream.type = type;
    one(VIDIOC_S_PARM, &stream);
    one(VIDIOC_G_PARM, &stream);
  }
  static const unsigned formats[] = {V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_RGB24, V4L2_PIX_FMT_NV12,
                                     0x27275c5c, 0x09000a0d};
  memset(&format, 0, sizeof format);
  format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  for (unsigned i = 0; i < sizeof formats / sizeof *formats; i++) {
    format.fmt.pix.pixelformat = formats[i];
    format.fmt.pix.field = i;
    format.fmt.pix.colorspace = i;
    one(VIDIOC_TRY_FMT, &format);
  }
  // Controls: all numbers of the first classes.
  for (unsigned id = 0; id < 3 * 64; id++) {
    static const unsigned bases[] = {V4L2_CID_BASE, V4L2_CID_CODEC_BASE, V4L2_CID_CAMERA_CLASS_BASE};
    struct v4l2_control control = {bases[id / 64] + id % 64, -7};
    one(VIDIOC_G_CTRL, &control);
    struct v4l2_queryctrl query;
    memset(&query, 0, sizeof query);
    query.id = control.id | (id % 2 == 0 ? V4L2_CTRL_FLAG_NEXT_CTRL : 0);
    one(VIDIOC_QUERYCTRL, &query);
  }
  struct v4l2_ext_control controls[2];
  memset(controls, 0, sizeof controls);
  controls[0].id = V4L2_CID_BRIGHTNESS;
  controls[0].value = 12;
  controls[1].id = 77;
  controls[1].size = 5;
  controls[1].string = "name";
  struct v4l2_ext_controls several;
  memset(&several, 0, sizeof several);
  several.ctrl_class = V4L2_CTRL_CLASS_USER;
  several.count = 2;
  several.controls = controls;
  one(VIDIOC_S_EXT_CTRLS, &several);
  one(VIDIOC_G_EXT_CTRLS, &several);
  return 0;
}
