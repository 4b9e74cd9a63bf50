"""What is said, and how it becomes sound: espeak-ng speaks it, fitted to the length of the fragment; ffmpeg makes AAC of it."""

import array
import asyncio
import re
import shutil
import sys
import time
import wave
from dataclasses import dataclass
from io import BytesIO

# What is said about a fragment. espeak-ng reads the numbers in the language of the voice.
SENTENCES = {
    "de": "Fragment {n}. Es ist {h} Uhr {m} und {s} Sekunden.",
    "en": "Fragment {n}. It is {h} {m} and {s} seconds.",
    "es": "Fragmento {n}. Son las {h} y {m} con {s} segundos.",
    "fr": "Fragment {n}. Il est {h} heures {m} et {s} secondes.",
    "it": "Frammento {n}. Sono le {h} e {m} e {s} secondi.",
    "pt": "Fragmento {n}. São {h} horas, {m} minutos e {s} segundos.",
}
OTHER_LANGUAGES = "{n}. {h}, {m}, {s}."

NORMAL_SPEED = 160     # words a minute
FASTEST_SPEED = 300    # above it, nobody understands a word
TOOL_SECONDS = 5       # espeak-ng takes 30 ms, ffmpeg 100 ms; a busy machine takes longer
FADE_SECONDS = 0.01    # at a cut, so that it does not click
AAC_BITRATE = "96k"


@dataclass(frozen=True)
class Sound:
    format: str  # "pcm_s16le", or "m4a", which is what the protocol calls ADTS AAC
    sample_rate: int
    channels: int
    milliseconds: int
    data: bytes


class SpeechError(Exception):
    """A tool did not do its work. The text is for the log and for the client."""


def sentence(voice, number):
    clock = time.localtime()
    text = SENTENCES.get(voice.partition("-")[0], OTHER_LANGUAGES)
    return text.format(n=number, h=clock.tm_hour, m=clock.tm_min, s=clock.tm_sec)


class Speaker:
    def __init__(self):
        if not shutil.which("espeak-ng"):
            raise SystemExit("sts-espeak: no espeak-ng on PATH (Debian package espeak-ng)")
        self.can_make_aac = shutil.which("ffmpeg") is not None

    async def voice_of(self, language):
        """espeak-ng's name for a voice that speaks the language: "pt-br", or else "pt". None: it has none."""
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language):
            return None  # it becomes an argument
        for name in dict.fromkeys((language.lower(), language.partition("-")[0].lower())):
            if await _succeeds("espeak-ng", "-v", name, "-q", "--stdin"):
                return name
        return None

    async def speak(self, voice, number, milliseconds, wanted, sample_rate, channels):
        """(sound, what it says). The sound is exactly as long as the fragment: spoken faster if it must be, silent at the end."""
        text = sentence(voice, number)
        samples, rate = await _espeak(voice, NORMAL_SPEED, text)
        length = rate * milliseconds // 1000
        if len(samples) > length:
            speed = min(FASTEST_SPEED, NORMAL_SPEED * len(samples) // max(length, 1) + 10)
            samples, rate = await _espeak(voice, speed, text)
        sound = Sound("pcm_s16le", rate, 1, milliseconds, _little_endian(_fit(samples, length, rate)))
        if wanted == "m4a" and self.can_make_aac:
            sound = await _aac(sound, sample_rate, channels)
        return sound, text


async def _espeak(voice, speed, text):
    """(samples, rate) of the spoken text, without the silence that espeak-ng puts at its end."""
    # The text goes to its input: what a client sends never becomes an argument that looks like an option.
    data = await _run("espeak-ng", "-v", voice, "-s", str(speed), "--stdin", "--stdout", given=text.encode())
    try:
        with wave.open(BytesIO(data)) as file:  # its header announces the longest WAV that there can be
            rate = file.getframerate()
    except (wave.Error, EOFError) as error:
        raise SpeechError(f"espeak-ng made no WAV: {error}") from None
    samples = array.array("h", data[44:len(data) & ~1])  # the header has 44 bytes
    if sys.byteorder == "big":
        samples.byteswap()
    while samples and abs(samples[-1]) < 50:
        samples.pop()
    return samples, rate


def _fit(samples, length, rate):
    """Exactly so many samples: cut with a short fade, or silent at the end."""
    if len(samples) > length:
        samples = samples[:length]
        fade = min(int(rate * FADE_SECONDS), length)
        for i in range(fade):
            samples[length - 1 - i] = samples[length - 1 - i] * i // fade
    samples.extend([0] * (length - len(samples)))
    return samples


def _little_endian(samples):
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


async def _aac(sound, sample_rate, channels):
    """ADTS AAC at the rate and with the channels of the fragment."""
    data = await _run("ffmpeg", "-loglevel", "error", "-f", "s16le", "-ar", str(sound.sample_rate), "-ac", str(sound.channels),
                      "-i", "pipe:0", "-ar", str(sample_rate), "-ac", str(channels), "-c:a", "aac", "-b:a", AAC_BITRATE,
                      "-f", "adts", "pipe:1", given=sound.data)
    return Sound("m4a", sample_rate, channels, sound.milliseconds, data)


async def _succeeds(*argv):
    process = await asyncio.create_subprocess_exec(*argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
                                                   stderr=asyncio.subprocess.DEVNULL)
    return await process.wait() == 0


async def _run(*argv, given=b""):
    try:
        process = await asyncio.create_subprocess_exec(*argv, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                                                       stderr=asyncio.subprocess.PIPE)
    except OSError as error:
        raise SpeechError(f"{argv[0]}: {error}") from None
    try:
        output, errors = await asyncio.wait_for(process.communicate(given), TOOL_SECONDS)
    except asyncio.TimeoutError:
        raise SpeechError(f"{argv[0]} took longer than {TOOL_SECONDS} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or not output:
        raise SpeechError(f"{argv[0]}: {errors.decode(errors='replace').strip()[:200] or 'no output'}")
    return output
