import { type BytePath, concatBytes, DoppelError, pathFromBytes } from "@doppel/base";
import type { Bound, Change, Manifest, VolumeInfo } from "./manifest.ts";
import { unquotePath } from "./quoting.ts";

/** Far above any real line: a path of 4096 bytes is at most 16 KiB when quoted. */
const LINE_LIMIT = 1 << 20;
/** All volume blocks together, by the lines' length and {@link BLOCK_COST}: some 100,000 volumes that nobody has to have stored. */
const TABLE_LIMIT = 64 << 20;
/** What each volume that lies at the target may have, beyond that. */
const LIMIT_PER_VOLUME = 64 << 10;
/** What a block takes, however short it is. */
const BLOCK_COST = 512;
const LF = 0x0a;

const VOLUME = /^Volume[ \t]+(\d{1,9}):[ \t]*$/;
const FIELD = /^(?:Hostname|Localdir)[ \t]+(.+)$/s;
const BOUND = /^[ \t]+(?:Starting|Ending)Path[ \t]+([^ \t]+)[ \t]*(\d{0,15})[ \t]*$/s;
const HASH = /^[ \t]+Hash[ \t]+([^ \t]+)[ \t]+([0-9a-fA-F]+)[ \t]*$/;
const CHANGE = /^[ \t]+(new|changed|deleted)[ \t]+([^ \t]+)[ \t]*$/s;

interface VolumeDraft {
  readonly number: number;
  readonly line: number;
  start?: Bound;
  end?: Bound;
  readonly hashes: Map<string, string>;
}

/**
 * Reads a manifest as it arrives (spec 2.2 to 2.4). Holds one line and the volume table, never the Filelist.
 * Tolerates what stock tolerates: CRLF, no final line end, absent fields, the Filelist before the volumes or with a wrong
 * count, unknown fields. A volume without a hash is kept with an empty `hashes`: whoever must check it decides.
 */
export class ManifestParser {
  readonly #onChange: ((change: Change) => void) | undefined;
  readonly #volumes = new Map<number, VolumeInfo>();
  readonly #tableLimit: number;
  #table = 0;
  #rest: Uint8Array[] = [];
  #restLength = 0;
  #line = 0;
  #block: VolumeDraft | "filelist" | undefined;
  #hostname: BytePath | undefined;
  #localDir: BytePath | undefined;
  #lastListed = 0;
  #repeated = false;

  /**
   * @param options.onChange called for each line of the Filelist, in order
   * @param options.volumes how many of the set are at the target: a table far beyond them is refused, because it has to be held
   */
  constructor(options: { readonly onChange?: (change: Change) => void; readonly volumes?: number } = {}) {
    this.#onChange = options.onChange;
    this.#tableLimit = TABLE_LIMIT + LIMIT_PER_VOLUME * (options.volumes ?? 0);
  }

  /** @throws format.bad-manifest. The chunk is not kept beyond the next call to update. */
  update(chunk: Uint8Array): void {
    let from = 0;
    for (let to = chunk.indexOf(LF); to >= 0; to = chunk.indexOf(LF, from)) {
      this.#endLine(chunk.subarray(from, to));
      from = to + 1;
    }
    if (from === chunk.length) return;
    this.#restLength += chunk.length - from;
    if (this.#restLength > LINE_LIMIT) this.#fail(`a line is longer than ${LINE_LIMIT} bytes`, this.#line + 1);
    this.#rest.push(chunk.slice(from));
  }

  /**
   * The manifest. When a volume number was listed twice, the later block counts and numbers above the last listed one are
   * dropped (spec 2.4: that is how a resumed backup leaves it); otherwise volumes are sorted, whatever their order was.
   *
   * @throws format.bad-manifest, also when there is no volume or a number is missing between 1 and the highest.
   */
  finish(): Manifest {
    if (this.#restLength > 0) this.#endLine(new Uint8Array(0));
    this.#closeBlock();
    const kept = [...this.#volumes.values()].filter(({ number }) => !this.#repeated || number <= this.#lastListed);
    kept.sort((a, b) => a.number - b.number);
    if (kept.length === 0) this.#fail("it lists no volume", this.#line);
    const gap = kept.findIndex(({ number }, index) => number !== index + 1);
    if (gap >= 0) this.#fail(`volume ${gap + 1} is not listed, but volume ${kept[gap]!.number} is`, this.#line);
    return {
      ...(this.#hostname === undefined ? {} : { hostname: this.#hostname }),
      ...(this.#localDir === undefined ? {} : { localDir: this.#localDir }),
      volumes: kept,
    };
  }

  #endLine(tail: Uint8Array): void {
    let bytes = tail;
    if (this.#restLength > 0) {
      bytes = concatBytes([...this.#rest, tail]);
      this.#rest = [];
      this.#restLength = 0;
    }
    this.#line++;
    if (bytes.length > LINE_LIMIT) this.#fail(`a line is longer than ${LINE_LIMIT} bytes`);
    const text = pathFromBytes(bytes);
    this.#read(text.endsWith("\r") ? text.slice(0, -1) : text);
  }

  #read(line: string): void {
    if (line === "") return;
    const indented = line.startsWith(" ") || line.startsWith("\t");
    if (!indented) this.#readTop(line);
    else if (this.#block === "filelist") this.#readChange(line);
    else if (this.#block !== undefined) this.#readVolumeLine(this.#block, line);
    else this.#fail("an indented line outside of any block");
  }

  #readTop(line: string): void {
    this.#closeBlock();
    const word = /^[A-Z][A-Za-z0-9]*/.exec(line)?.[0];
    if (word === "Volume") {
      const number = Number(VOLUME.exec(line)?.[1] ?? 0);
      if (number < 1) this.#fail("a volume without a proper number");
      this.#block = { number, line: this.#line, hashes: new Map() };
      this.#pay(BLOCK_COST);
    } else if (word === "Filelist") this.#block = "filelist";
    else if (word === "Hostname") this.#hostname = this.#field(line);
    else if (word === "Localdir") this.#localDir = this.#field(line);
    else if (word === undefined) this.#fail("a line that is not a manifest's");
  }

  /** Both fields are unquoted on reading; an empty one is as good as absent. */
  #field(line: string): BytePath | undefined {
    const text = FIELD.exec(line)?.[1];
    if (text === undefined) return undefined;
    // Only Localdir is a path, but no host is called ".".
    return unquotePath(text) ?? this.#fail("a value with broken quoting");
  }

  #pay(cost: number): void {
    this.#table += cost;
    if (this.#table > this.#tableLimit) this.#fail("it lists far more volumes than there are");
  }

  #readVolumeLine(volume: VolumeDraft, line: string): void {
    this.#pay(line.length);
    const word = line.trimStart();
    if (word.startsWith("StartingPath")) volume.start = this.#bound(line);
    else if (word.startsWith("EndingPath")) volume.end = this.#bound(line);
    else if (word.startsWith("Hash")) {
      const fields = HASH.exec(line) ?? this.#fail("a hash that is not hexadecimal");
      volume.hashes.set(fields[1]!, fields[2]!.toLowerCase());
    }
  }

  #bound(line: string): Bound {
    const fields = BOUND.exec(line) ?? this.#fail("a path with white space in it, or none");
    const path = unquotePath(fields[1]!) ?? this.#fail("a path with broken quoting");
    return fields[2] === "" ? { path } : { path, block: Number(fields[2]) };
  }

  #readChange(line: string): void {
    const fields = CHANGE.exec(line) ?? this.#fail("a malformed line in the list of files");
    const path = unquotePath(fields[2]!) ?? this.#fail("a path with broken quoting");
    this.#onChange?.({ kind: fields[1] as Change["kind"], path });
  }

  #closeBlock(): void {
    const block = this.#block;
    this.#block = undefined;
    if (block === undefined || block === "filelist") return;
    const { number, line, start, end, hashes } = block;
    if (start === undefined || end === undefined) this.#fail(`volume ${number} lacks its first or last path`, line);
    this.#repeated ||= this.#volumes.has(number);
    this.#volumes.set(number, { number, start, end, hashes });
    this.#lastListed = number;
  }

  #fail(reason: string, line = this.#line): never {
    const what = line === 0 ? "empty" : `damaged at line ${line}: ${reason}`;
    throw new DoppelError(
      "format.bad-manifest",
      `the manifest is ${what}; use another copy of it, or restore from another backup set`,
      { line, reason },
    );
  }
}

/** A whole manifest that is in memory; its Filelist is skipped. @throws format.bad-manifest */
export function parseManifest(bytes: Uint8Array): Manifest {
  const parser = new ManifestParser();
  parser.update(bytes);
  return parser.finish();
}
