// How loud the sound of a player is at the picture that it shows. The sound is decoded beside the player, so the meters also move
// while it is muted. Browsers decode sound for pages of this machine and over TLS only.

const KEPT = 600;          // levels, of about 20 ms each
const FLOOR_DB = -60;

export class Meter {
  supported = typeof AudioDecoder === 'function';
  #decoder = null;
  #track = null;
  #levels = [];  // {time, peak, rms}, oldest first

  // For Player's option `samples`.
  take(track, samples) {
    if (!this.supported) return;
    if (this.#track !== track) this.#configure(track);
    if (!this.#decoder) return;
    try {
      for (const {time, bytes} of samples) {
        this.#decoder.decode(new EncodedAudioChunk({type: 'key', timestamp: time * 1e6, data: bytes}));
      }
    } catch {
      this.#track = null;  // closed by an error: the next samples begin anew
    }
  }

  // Decibels below full scale at this time of the video, -60 to 0; null: not known.
  at(time) {
    let found = null;
    for (const level of this.#levels) {
      if (level.time > time) break;
      found = level;
    }
    if (!found || time - found.time > 0.5) return null;
    const decibels = value => Math.max(FLOOR_DB, 20 * Math.log10(value || 1e-9));
    return {rms: decibels(found.rms), peak: decibels(found.peak)};
  }

  close() {
    if (this.#decoder?.state !== 'closed') this.#decoder?.close();
    this.#decoder = null;
    this.#levels = [];
  }

  #configure(track) {
    this.close();
    this.#track = track;
    const decoder = new AudioDecoder({output: data => this.#measure(data), error: () => { this.#decoder = null; }});
    try {
      decoder.configure({codec: track.codec, sampleRate: track.sampleRate || 48000, numberOfChannels: track.channels || 2, ...(track.config ? {description: track.config} : {})});
      this.#decoder = decoder;
    } catch {
      this.#decoder = null;
    }
  }

  #measure(data) {
    let sum = 0, peak = 0;
    const channel = new Float32Array(data.numberOfFrames);
    for (let i = 0; i < data.numberOfChannels; i++) {
      data.copyTo(channel, {planeIndex: i, format: 'f32-planar'});
      for (const value of channel) {
        sum += value * value;
        peak = Math.max(peak, Math.abs(value));
      }
    }
    const time = data.timestamp / 1e6;
    if (this.#levels.length && time < this.#levels.at(-1).time - 1) this.#levels = [];
    this.#levels.push({time, peak, rms: Math.sqrt(sum / (data.numberOfFrames * data.numberOfChannels))});
    if (this.#levels.length > KEPT) this.#levels.splice(0, KEPT / 3);
    data.close();
  }
}
