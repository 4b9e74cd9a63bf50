"""Short media files. They are encoded once for each build directory. Tests publish them without encoding."""

import hashlib
import os
import subprocess
from pathlib import Path

CLIP_SECONDS = 6
SYNC_SECONDS = 36  # long enough for more than three sender reports
VIDEO = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30"]
AUDIO = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "30",
        "-threads", "1", "-b:v", "300k"]
H264_B_FRAMES = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-pix_fmt", "yuv420p", "-g", "30",
                 "-threads", "1", "-b:v", "300k"]
CAVLC = [*H264_B_FRAMES, "-coder", "0"]  # see video_forms.py
AAC = ["-c:a", "aac", "-b:a", "64k"]
MP3 = ["-c:a", "libmp3lame", "-b:a", "64k"]
OPUS = ["-ar", "48000", "-c:a", "libopus", "-b:a", "64k"]
H265 = ["-c:v", "libx265", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "30",
        "-x265-params", "log-level=error:pools=none:frame-threads=1", "-b:v", "300k"]
# Each picture has one slice, without entry points: see video_forms.py.
H265_B_FRAMES = ["-c:v", "libx265", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "30", "-x265-params",
                 "log-level=error:pools=none:frame-threads=1:bframes=2:open-gop=0:wpp=0", "-b:v", "300k"]

HD_VIDEO = ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30"]
HD_H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "60",
           "-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "2500k"]
SMALL_VIDEO = ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=30"]
SMALL_H264 = [*H264[:-1], "150k", "-maxrate", "150k", "-bufsize", "75k"]

# All pictures and all audio frames are different.
SYNC_VIDEO = ["-f", "lavfi", "-i", "testsrc2=size=160x90:rate=30"]
SYNC_SOUND = ["-f", "lavfi", "-i", "aevalsrc='0.2*sin(2*PI*(200+15*t)*t)+0.05*(random(0)-0.5)':s=44100"]
OTHER_SOUND = ["-f", "lavfi", "-i", "aevalsrc='0.2*sin(2*PI*(300+16*t)*t)+0.05*(random(0)-0.5)':s=44100"]
SPEECH = ["-f", "lavfi", "-i", "aevalsrc='0.2*sin(2*PI*300*t)*between(mod(t,1),0.15,0.85)':s=48000"]
SYNC_AAC = ["-c:a", "aac", "-b:a", "48k"]

# The number of each picture stands in its lower fifth, as eight white or black fields, the lowest bit first.
TIME_CODE_FPS = 25
TIME_CODE_BITS = 8
TIME_CODE = ["-f", "lavfi", "-i", f"testsrc2=size=320x180:rate={TIME_CODE_FPS},geq="
             "lum='if(gte(Y,144),if(mod(floor(N/pow(2,floor(X/40))),2),235,16),lum(X,Y))':"
             "cb='if(gte(Y,72),128,cb(X,Y))':cr='if(gte(Y,72),128,cr(X,Y))'"]
TIME_CODE_H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g",
                  str(TIME_CODE_FPS), "-threads", "1", "-b:v", "400k"]

RECIPES = {
    "time-code": [*TIME_CODE, *AUDIO, *TIME_CODE_H264, *AAC],
    "av": [*VIDEO, *AUDIO, *H264, *AAC],
    "b-frames": [*VIDEO, *AUDIO, *H264_B_FRAMES, *AAC],
    "slices": [*VIDEO, *AUDIO, *H264, "-x264-params", "slices=4", *AAC],
    "cavlc": [*VIDEO, *AUDIO, *CAVLC, *AAC],
    "video-only": [*VIDEO, *H264],
    "audio-only": [*AUDIO, *AAC],
    "hd": [*HD_VIDEO, *AUDIO, *HD_H264, *AAC],              # the plan's test stream
    "small": [*SMALL_VIDEO, *AUDIO, *SMALL_H264, "-c:a", "aac", "-b:a", "48k"],  # 200 kbit/s
    "sync": [*SYNC_VIDEO, *SYNC_SOUND, *H264, *SYNC_AAC, "-t", str(SYNC_SECONDS)],
    "sync-b-frames": [*SYNC_VIDEO, *SYNC_SOUND, *H264_B_FRAMES, *SYNC_AAC, "-t", str(SYNC_SECONDS)],
    "sync-other": [*SYNC_VIDEO, *OTHER_SOUND, "-vf", "negate", *H264_B_FRAMES, *SYNC_AAC, "-t", str(SYNC_SECONDS)],
    # Two languages, of which no two frames are equal.
    "two-sounds": [*SYNC_VIDEO, *SYNC_SOUND, *OTHER_SOUND, "-map", "0", "-map", "1", "-map", "2", *H264, *SYNC_AAC, "-t", "20"],
    # A sentence in each second, and pictures of which no two are equal: what is dubbed (dubbing.py).
    "speech": [*SYNC_VIDEO, *SPEECH, *H264, "-c:a", "aac", "-b:a", "96k", "-t", "20"],
    "speech-mp3": [*SYNC_VIDEO, *SPEECH, *H264, "-ar", "44100", *MP3, "-t", "20"],
    # One key frame, as encoders with long groups of pictures send it: OBS every 8.3 s.
    "one-keyframe": [*VIDEO, *AUDIO, *H264, "-g", "999", *AAC, "-t", "20"],
    "one-keyframe-h265": [*VIDEO, *AUDIO, *H265, "-g", "999", *AAC, "-t", "20"],
    "mp3": [*VIDEO, *AUDIO, *H264, *MP3],
    "mp3-only": [*AUDIO, *MP3],
    # FFmpeg 5.1 cannot write these into FLV files.
    "h265": [*VIDEO, *AUDIO, *H265, *AAC],
    "opus": [*VIDEO, *AUDIO, *H264, *OPUS],
    "h265-opus": [*VIDEO, *AUDIO, *H265, *OPUS],
    "h265-only": [*VIDEO, *H265],
    "opus-only": [*AUDIO, *OPUS],
    "h265-b-frames": [*VIDEO, *AUDIO, *H265_B_FRAMES, *AAC],
}


def large_keyframes(rows):
    """4K with five pictures a second. Each fifth one is a key frame; noise in its upper rows gives it its size."""
    noise = f"color=c=gray:s=3840x{rows}:r=5,noise=alls=100:allf=u,pad=3840:2160"
    return ["-f", "lavfi", "-i", noise, *AUDIO, "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency",
            "-pix_fmt", "yuv420p", "-qp", "16", "-g", "5", "-threads", "1", *AAC]


# The number is the size of the key frames in megabytes.
LARGE_KEYFRAMES = {"0.7": 150, "1.5": 330, "4": 880, "10": 2160}
RECIPES |= {f"keyframes-{size}": large_keyframes(rows) for size, rows in LARGE_KEYFRAMES.items()}
NOT_IN_FLV = {"one-keyframe-h265", "h265", "opus", "h265-opus", "h265-only", "opus-only", "two-sounds"}
IN_MP4 = {"h265-b-frames"}  # because Matroska has no decode times


class Clips:
    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, name):
        """The FLV file of a recipe, or another container if FLV does not support the codec. A changed recipe makes a new file."""
        recipe = RECIPES[name] if "-t" in RECIPES[name] else [*RECIPES[name], "-t", str(CLIP_SECONDS)]
        digest = hashlib.sha256(" ".join(recipe).encode()).hexdigest()[:8]
        form, suffix = ("mp4", "mp4") if name in IN_MP4 else ("matroska", "mkv") if name in NOT_IN_FLV else ("flv", "flv")
        file = self.folder / f"{name}-{digest}.{suffix}"
        if not file.exists():
            partial = file.with_suffix(f".{os.getpid()}.partial")
            subprocess.run(["ffmpeg", "-loglevel", "error", "-nostdin", "-y", *recipe, "-f", form, str(partial)],
                           check=True)
            os.replace(partial, file)
        return file
