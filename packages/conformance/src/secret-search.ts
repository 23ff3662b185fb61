import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { constants, gunzipSync } from "node:zlib";

/** What must not be seen, and what it is called when it was. */
export interface Secret {
  readonly name: string;
  readonly value: Uint8Array | string;
}

interface Needle {
  /** The secret's name, and in which form it was found. */
  readonly what: string;
  readonly bytes: Buffer;
}

/** Finds secrets in all the forms in which a program may put them down by accident. */
export class Searcher {
  readonly #needles: readonly Needle[];

  constructor(secrets: readonly Secret[]) {
    this.#needles = secrets.flatMap(({ name, value }) => formsOf(name, Buffer.from(value as string)));
  }

  /** Which secrets are in it, and how; also in what gzip made of them. */
  in(bytes: Uint8Array | string): readonly string[] {
    const searched = Buffer.from(bytes as string);
    const found = this.#needles.filter(({ bytes: needle }) => searched.includes(needle)).map(({ what }) => what);
    return [...found, ...this.#inGzip(searched)];
  }

  /** The same of every file below a folder, of its name, and of where links lead; `except` are paths from the folder. */
  below(folder: string, except: readonly string[] = []): readonly string[] {
    return this.filesBelow(folder, except).flatMap(({ path, found }) => found.map((what) => `${what} in ${path}`));
  }

  /** As `below`: paths from the folder, and what is in each; only those in which there is something. */
  filesBelow(
    folder: string,
    except: readonly string[] = [],
  ): readonly { readonly path: string; readonly found: readonly string[] }[] {
    const isLeftOut = (path: string): boolean => except.some((one) => path === one || path.startsWith(`${one}/`));
    return (readdirSync(folder, { recursive: true }) as string[])
      .filter((path) => !isLeftOut(path))
      .map((path) => ({ path, found: [path, ...contentOf(join(folder, path))].flatMap((part) => this.in(part)) }))
      .filter(({ found }) => found.length > 0);
  }

  #inGzip(bytes: Buffer): readonly string[] {
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return [];
    try {
      // Also what is there of one that was cut off.
      return this.in(gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH })).map((what) => `${what}, compressed`);
    } catch {
      return []; // it only looks like gzip
    }
  }
}

function contentOf(path: string): readonly (Uint8Array | string)[] {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return [readlinkSync(path)];
  return stats.isFile() ? [readFileSync(path)] : [];
}

/** Every form but those that are the same as another. */
function formsOf(name: string, bytes: Buffer): readonly Needle[] {
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text).equals(bytes);
  const hex = bytes.toString("hex");
  const forms: Readonly<Record<string, Buffer | string>> = {
    "as it is": bytes,
    "in hex": hex,
    "in HEX": hex.toUpperCase(),
    "in hex, spaced": hex.replace(/..(?=.)/g, "$& "),
    "%-encoded": `%${hex.replace(/..(?=.)/g, "$&%")}`,
    ...Object.fromEntries([0, 1, 2].map((shift) => [`in base64, shifted by ${shift}`, base64(bytes, shift, "base64")])),
    ...Object.fromEntries([0, 1, 2].map((shift) => [`in base64url, shifted by ${shift}`, base64(bytes, shift, "base64url")])),
    ...(isText && {
      "in a URL": encodeURIComponent(text),
      "in a form": new URLSearchParams([["", text]]).toString().slice(1),
      "in JSON": JSON.stringify(text).slice(1, -1),
      "in ASCII JSON": JSON.stringify(text)
        .slice(1, -1)
        .replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`),
      "in a shell's quotes": text.replaceAll("'", "'\\''"),
      "in a string of V8's": Buffer.from(text, "utf16le"),
    }),
  };
  const seen = new Set<string>();
  return Object.entries(forms).flatMap(([form, given]) => {
    const needle = Buffer.from(given as string);
    const key = needle.toString("latin1");
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ what: `${name} ${form}`, bytes: needle }];
  });
}

/** What does not depend on the bytes before and behind it, when there are `shift` before. */
function base64(bytes: Buffer, shift: number, alphabet: "base64" | "base64url"): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString(alphabet)
    .replace(/=+$/, "");
  const from = Math.ceil((shift * 8) / 6);
  const to = Math.floor(((shift + bytes.length) * 8) / 6);
  return text.slice(from, to);
}
