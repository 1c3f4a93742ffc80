// What is heard at each outcome, so that nobody has to look: made by the browser itself, no file.

/**
 * Tones one after another: hertz, seconds, and how it rings.
 * @typedef {[number, number, OscillatorType?]} Tone
 */

/** Rising: go on. Falling: stop and look. A siren: a person is in danger. @type {Record<string, Tone[]>} */
export const SOUNDS = {
  found: [[880, 0.07]],
  checked_in: [
    [660, 0.09],
    [880, 0.09],
    [1320, 0.16],
  ],
  saved: [
    [660, 0.08],
    [990, 0.12],
  ],
  all_done: [
    [523, 0.1],
    [659, 0.1],
    [784, 0.1],
    [1047, 0.22],
  ],
  missing: [
    [784, 0.16],
    [587, 0.26],
  ],
  already_in: [
    [660, 0.1],
    [0, 0.06],
    [660, 0.1],
  ],
  several: [
    [740, 0.08],
    [0, 0.05],
    [740, 0.08],
  ],
  not_on_list: [
    [440, 0.14],
    [0, 0.06],
    [440, 0.14],
    [0, 0.06],
    [440, 0.14],
  ],
  wrong_day: [
    [523, 0.16],
    [392, 0.28],
  ],
  expired: [
    [494, 0.14],
    [415, 0.14],
    [349, 0.24],
  ],
  unknown_key: [
    [392, 0.12],
    [494, 0.12],
    [392, 0.2],
  ],
  revoked: [
    [220, 0.18, "square"],
    [0, 0.07],
    [220, 0.34, "square"],
  ],
  forged: [
    [185, 0.22, "sawtooth"],
    [139, 0.22, "sawtooth"],
    [185, 0.22, "sawtooth"],
    [139, 0.3, "sawtooth"],
  ],
  unreadable: [[247, 0.3, "triangle"]],
  critical: [
    [988, 0.18, "square"],
    [740, 0.18, "square"],
    [988, 0.18, "square"],
    [740, 0.18, "square"],
    [988, 0.18, "square"],
    [740, 0.3, "square"],
  ],
};

const LOUD = 0.22;
const EDGE_S = 0.012;

/** @type {AudioContext | null} */
let made = null;

/**
 * Plays one; does nothing where it is to be quiet or the browser has no sound.
 * @param {string} name @param {boolean} quiet
 */
export function play(name, quiet) {
  const tones = SOUNDS[name];
  // What was played last is on the page for whoever cannot hear it, and for tests.
  document.documentElement.dataset.sound = quiet ? "" : name;
  if (quiet || !tones || typeof AudioContext === "undefined") return;
  try {
    made ??= new AudioContext();
    if (made.state === "suspended") made.resume().catch(() => {});
    ring(made, tones);
  } catch {
    // A tablet without a sound still has its screen.
  }
}

/** @param {AudioContext} sound @param {Tone[]} tones */
function ring(sound, tones) {
  let at = sound.currentTime + EDGE_S;
  for (const [hertz, seconds, shape = "sine"] of tones) {
    if (hertz) {
      const source = sound.createOscillator();
      const gain = sound.createGain();
      source.type = shape;
      source.frequency.value = hertz;
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(LOUD, at + EDGE_S);
      gain.gain.setValueAtTime(LOUD, at + seconds - EDGE_S);
      gain.gain.linearRampToValueAtTime(0, at + seconds);
      source.connect(gain).connect(sound.destination);
      source.start(at);
      source.stop(at + seconds);
    }
    at += seconds;
  }
}
