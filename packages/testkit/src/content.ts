import { createCipheriv, createHash } from "node:crypto";

/** `size` bytes that do not compress, the same for the same seed. */
export function randomContent(seed: string, size: number): Buffer {
  const key = createHash("sha256").update(seed).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

const WORDS = "alpha beta gamma delta epsilon zeta eta theta backup volume chain full delta signature".split(" ");

/** `size` bytes of numbered lines of words, which compress well, the same for the same seed. */
export function textContent(seed: string, size: number): Buffer {
  const choice = randomContent(seed, Math.ceil(size / 10) + 3);
  const lines: string[] = [];
  for (let i = 0, length = 0; length < size; i++) {
    const words = [0, 1, 2].map((k) => WORDS[choice[(3 * i + k) % choice.length]! % WORDS.length]);
    const line = `${String(i).padStart(6, "0")} ${words.join(" ")}\n`;
    lines.push(line);
    length += line.length;
  }
  return Buffer.from(lines.join("")).subarray(0, size);
}
