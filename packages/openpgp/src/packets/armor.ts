import { badMessage } from "./fault.ts";

/** Whether these first bytes of a file are ASCII armor: text, and soon a line `-----BEGIN PGP`. Binary packets begin above 0x7f. */
export function looksArmored(head: Uint8Array): boolean {
  return head.length > 0 && head[0]! < 0x80 && Buffer.from(head).toString("latin1").includes("-----BEGIN PGP ");
}

/** Decodes ASCII armor (RFC 4880 6): the first armored block of the text. A push core. */
export class ArmorDecoder {
  #state: "before" | "headers" | "body" | "after" = "before";
  #line = "";
  #base64 = "";
  #crc = 0xb704ce;
  #expected: number | undefined;
  #label = "";

  /** What the block says it is: "PGP MESSAGE", "PGP PUBLIC KEY BLOCK"; "" before it began. */
  get label(): string {
    return this.#label;
  }

  /** Decoded bytes, owned by the caller. @throws DoppelError openpgp.bad-message (framing). */
  update(bytes: Uint8Array): Uint8Array {
    const lines = (this.#line + Buffer.from(bytes).toString("latin1")).split("\n");
    this.#line = lines.pop()!;
    if (this.#line.length > MAX_LINE) throw badMessage("framing", "has an armor line that never ends");
    for (const line of lines) this.#take(line.trimEnd());
    return this.#decode(false);
  }

  /** The rest. @throws DoppelError openpgp.bad-message (truncated) without the end line, (framing) with a wrong checksum. */
  finish(): Uint8Array {
    this.#take(this.#line.trimEnd());
    this.#line = "";
    if (this.#state !== "after") throw badMessage("truncated", "ends within its ASCII armor: it is cut off");
    const last = this.#decode(true);
    if (this.#expected !== undefined && this.#expected !== this.#crc)
      throw badMessage("framing", "has an ASCII armor whose checksum is wrong");
    return last;
  }

  #take(line: string): void {
    switch (this.#state) {
      case "before": {
        const begin = /^-----BEGIN (PGP [A-Z ,/0-9]+)-----$/.exec(line);
        if (begin) {
          this.#label = begin[1]!;
          this.#state = "headers";
        }
        return;
      }
      case "headers":
        if (/^[A-Za-z]+: ?/.test(line)) return;
        this.#state = "body";
        if (line !== "") this.#take(line);
        return;
      case "body":
        if (line.startsWith("-----END PGP ")) this.#state = "after";
        else if (/^=[A-Za-z0-9+/]{4}$/.test(line)) this.#expected = Buffer.from(line.slice(1), "base64").readUIntBE(0, 3);
        else if (/^[A-Za-z0-9+/]*={0,2}$/.test(line)) this.#base64 += line;
        else throw badMessage("framing", "has a damaged line in its ASCII armor");
        return;
      case "after":
        if (line.startsWith("-----BEGIN PGP MESSAGE")) throw badMessage("two-messages", "holds two messages, one after another");
        return;
    }
  }

  #decode(all: boolean): Uint8Array {
    const whole = all ? this.#base64.length : this.#base64.length - (this.#base64.length % 4);
    const bytes = Buffer.from(this.#base64.slice(0, whole), "base64");
    this.#base64 = this.#base64.slice(whole);
    for (const byte of bytes) this.#crc = ((this.#crc << 8) & 0xffffff) ^ CRC24[(this.#crc >> 16) ^ byte]!;
    return bytes;
  }
}

const MAX_LINE = 1 << 20;

const CRC24 = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 16;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ ((crc & 0x800000) === 0 ? 0 : 0x1864cfb);
  return crc & 0xffffff;
});
