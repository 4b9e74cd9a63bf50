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

# What is said about a fragment, from the shortest to the longest. A fragment gets as much of it as fits into its length. espeak-ng
# reads the numbers in the language of the voice.
SENTENCES = {
    "de": ("Fragment {n}.", "Es ist {h} Uhr.", "Es ist {h} Uhr {m}.", "Es ist {h} Uhr {m} und {s} Sekunden.", "Diese Stimme ist künstlich."),
    "en": ("Fragment {n}.", "It is {h}.", "It is {h} {m}.", "It is {h} {m} and {s} seconds.", "This voice is artificial."),
    "es": ("Fragmento {n}.", "Son las {h}.", "Son las {h} y {m}.", "Son las {h} y {m} con {s} segundos.", "Esta voz es artificial."),
    "fr": ("Fragment {n}.", "Il est {h} heures.", "Il est {h} heures {m}.", "Il est {h} heures {m} et {s} secondes.", "Cette voix est artificielle."),
    "it": ("Frammento {n}.", "Sono le {h}.", "Sono le {h} e {m}.", "Sono le {h} e {m} e {s} secondi.", "Questa voce è artificiale."),
    "pt": ("Fragmento {n}.", "São {h} horas.", "São {h} horas e {m} minutos.", "São {h} horas, {m} minutos e {s} segundos.", "Esta voz é artificial."),
}
OTHER_LANGUAGES = ("{n}.", "{h}.", "{n}, {n}.", "{h}, {m}, {s}.", "{n}, {n}.")
REPEATED = 10          # times that the longest is said in the longest fragment

NORMAL_SPEED = 160     # words a minute
BRISK_SPEED = 210      # a text that has to be spoken faster is too long, if there is a shorter one
SLOWEST_SPEED, FASTEST_SPEED = 100, 400
SECONDS_A_LETTER = 0.1  # at the normal speed; a guess until a voice has spoken
PAUSE_SECONDS = 0.15   # after the last word. A worker takes a longer one for a dub that is too short
NEAR = 0.05            # of the wanted length: what pauses between the sentences can make up for
QUIET, QUIET_SECONDS = 300, 0.06  # a pause between sentences: nothing louder for at least so long
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


def texts(voice, number):
    """What can be said about a fragment, the shortest first."""
    clock = time.localtime()
    first, hour, brief, exact, more = (part.format(n=number, h=clock.tm_hour, m=clock.tm_min, s=clock.tm_sec)
                                       for part in SENTENCES.get(voice.partition("-")[0], OTHER_LANGUAGES))
    longest = f"{first} {exact} {more}"
    return [first, f"{first} {hour}", f"{first} {brief}", f"{first} {exact}", *(" ".join([longest] * times) for times in range(1, REPEATED + 1))]


class Speaker:
    def __init__(self):
        if not shutil.which("espeak-ng"):
            raise SystemExit("sts-espeak: no espeak-ng on PATH (Debian package espeak-ng)")
        self.can_make_aac = shutil.which("ffmpeg") is not None
        self.measured = {}  # seconds at the normal speed, by voice and text

    async def voice_of(self, language):
        """espeak-ng's name for a voice that speaks the language: "pt-br", or else "pt". None: it has none."""
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language):
            return None  # it becomes an argument
        for name in dict.fromkeys((language.lower(), language.partition("-")[0].lower())):
            if await _succeeds("espeak-ng", "-v", name, "-q", "--stdin"):
                return name
        return None

    async def speak(self, voice, number, milliseconds, wanted, sample_rate, channels):
        """(sound, what it says). The sound is exactly as long as the fragment, and the voice speaks up to its end."""
        seconds = milliseconds / 1000
        samples, rate, text = await self._spoken(voice, texts(voice, number), seconds - min(PAUSE_SECONDS, seconds / 8))
        length = rate * milliseconds // 1000
        spoken = length - min(int(PAUSE_SECONDS * rate), length // 8)
        sound = Sound("pcm_s16le", rate, 1, milliseconds, _little_endian(_fit(_paused(samples, spoken, rate), length, rate)))
        if wanted == "m4a" and self.can_make_aac:
            sound = await _aac(sound, sample_rate, channels)
        return sound, text

    async def _spoken(self, voice, choices, seconds):
        """(samples, rate, text): the longest text that can be said in this time, as fast as it needs. Once a voice has spoken, its
        speed is known, and the first attempt fits mostly."""
        chosen = max((i for i, text in enumerate(choices) if self._normal_seconds(voice, i, text) * NORMAL_SPEED / BRISK_SPEED <= seconds),
                     default=0)
        text = choices[chosen]
        speed = _speed(NORMAL_SPEED * self._normal_seconds(voice, chosen, text), seconds)
        samples, rate = await _espeak(voice, speed, text)
        took = max(len(samples) / rate, 0.01)
        self.measured[voice, chosen] = took * speed / NORMAL_SPEED
        again = _speed(speed * took, seconds)
        if abs(took - seconds) > NEAR * seconds and again != speed:
            samples, rate = await _espeak(voice, again, text)
        return samples, rate, text

    def _normal_seconds(self, voice, chosen, text):
        return self.measured.get((voice, chosen), SECONDS_A_LETTER * len(text))


def _speed(words, seconds):
    return round(min(FASTEST_SPEED, max(SLOWEST_SPEED, words / max(seconds, 0.01))))


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


def _paused(samples, length, rate):
    """The samples with longer pauses between their sentences, so that they are so many. Without a pause it comes before the first word."""
    missing = length - len(samples)
    if missing <= 0:
        return samples
    places = _pauses(samples, rate) or [0]
    made, begin = array.array("h"), 0
    for number, place in enumerate(places):
        made.extend(samples[begin:place])
        made.extend([0] * (missing * (number + 1) // len(places) - missing * number // len(places)))
        begin = place
    made.extend(samples[begin:])
    return made


def _pauses(samples, rate):
    """The middle of each pause."""
    step, found, since = rate // 100, [], None
    for at in range(0, len(samples), step):
        window = samples[at:at + step]
        if max(window) < QUIET and min(window) > -QUIET:
            since = at if since is None else since
            continue
        if since and at - since >= QUIET_SECONDS * rate:
            found.append((since + at) // 2)
        since = None
    return found


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
