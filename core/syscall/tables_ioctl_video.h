// Names of the video devices' constants (linux/videodev2.h, linux/v4l2-controls.h).
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kVideoBufferTypes;
extern const ConstantTable kVideoFields;
extern const ConstantTable kVideoColorspaces;
extern const ConstantTable kVideoMemories;
extern const ConstantTable kVideoCapabilities;
extern const ConstantTable kVideoFormatFlags;
extern const ConstantTable kVideoBlankingFlags;
extern const ConstantTable kVideoSlicedFlags;
extern const ConstantTable kVideoBufferFlags;
extern const ConstantTable kVideoBufferClocks;
extern const ConstantTable kVideoBufferSources;
extern const ConstantTable kVideoStreamCapabilities;
extern const ConstantTable kVideoCaptureModes;
extern const ConstantTable kVideoInputTypes;
extern const ConstantTable kVideoControlClasses;
extern const ConstantTable kVideoControls;
extern const ConstantTable kVideoTunerTypes;
extern const ConstantTable kVideoTunerCapabilities;
extern const ConstantTable kVideoTunerSubchannels;
extern const ConstantTable kVideoTunerModes;
extern const ConstantTable kVideoControlTypes;
extern const ConstantTable kVideoControlFlags;
extern const ConstantTable kVideoNextControlFlags;
extern const ConstantTable kVideoFrameSizes;
extern const ConstantTable kVideoFrameIntervals;
extern const ConstantTable kVideoPixelFormats;
extern const ConstantTable kVideoRadioFormats;
extern const ConstantTable kVideoMetaFormats;

}  // namespace polytap
