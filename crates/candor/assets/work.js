// While very many reports come in, the page offers a small computation in place of a wait. Everything works without it: whoever
// takes as long as a person needs to write is not asked for it.
"use strict";

const ROUND = new Uint32Array(64);
const START = new Uint32Array(8);
// The constants of SHA-256: the fractions of the cube and square roots of the first primes.
for (let number = 2, found = 0; found < 64; number += 1) {
  let prime = true;
  for (let by = 2; by * by <= number; by += 1) if (number % by === 0) prime = false;
  if (!prime) continue;
  const fraction = (root) => Math.floor((root - Math.floor(root)) * 0x100000000);
  ROUND[found] = fraction(Math.cbrt(number));
  if (found < 8) START[found] = fraction(Math.sqrt(number));
  found += 1;
}

const words = new Uint32Array(64);
// Zero bits at the front of the SHA-256 of at most 55 bytes; more than 32 count as 32.
function zeros(text) {
  words.fill(0, 0, 16);
  for (let at = 0; at < text.length; at += 1) words[at >> 2] |= text.charCodeAt(at) << (24 - 8 * (at & 3));
  words[text.length >> 2] |= 0x80 << (24 - 8 * (text.length & 3));
  words[15] = text.length * 8;
  for (let at = 16; at < 64; at += 1) {
    const x = words[at - 15];
    const y = words[at - 2];
    const low = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const high = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[at] = words[at - 16] + low + words[at - 7] + high;
  }
  let a = START[0];
  let b = START[1];
  let c = START[2];
  let d = START[3];
  let e = START[4];
  let f = START[5];
  let g = START[6];
  let h = START[7];
  for (let at = 0; at < 64; at += 1) {
    const high = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + high + ((e & f) ^ (~e & g)) + ROUND[at] + words[at]) | 0;
    const low = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (low + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  return Math.clz32((a + START[0]) >>> 0);
}

for (const field of document.querySelectorAll("[data-work]")) {
  const says = document.querySelector("[data-work-says]");
  const goal = Number(field.dataset.work.split("-")[1]);
  let number = 0;
  // A little at a time, so that the page can be typed into meanwhile.
  const go = () => {
    const until = performance.now() + 12;
    while (performance.now() < until) {
      for (let tries = 0; tries < 64; tries += 1, number += 1) {
        const text = `${field.dataset.work}-${number}`;
        if (text.length > 55) return;
        if (zeros(text) < goal) continue;
        field.value = text;
        says.hidden = false;
        says.textContent = "Very many reports are coming in just now. Your browser has done a small computation, so you need not wait before you send.";
        return;
      }
    }
    setTimeout(go, 4);
  };
  go();
}
