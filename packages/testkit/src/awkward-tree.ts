import { type BytePath, pathFromText } from "@doppel/base";
import { randomContent, textContent } from "./content.ts";
import { materialise, type TreeSpec } from "./materialise.ts";

export interface AwkwardOptions {
  /** Of all content. Default "awkward". */
  readonly seed?: string;
  /** A sparse file of 9 GiB, above what an octal tar size holds. Takes no space, but time to read. */
  readonly huge?: boolean;
  /** A file of 1969, whose time the format cannot keep. */
  readonly year1969?: boolean;
}

/**
 * Fills the empty directory `dir` with every case that a backup is known to get wrong: types, sizes, modes, owners,
 * times, names, orders. About 8 MB; one file is larger than a volume of 1 MB, several are nearly as large. The same
 * options give the same tree. Without root there are no devices, no foreign owners and nothing unreadable.
 */
export function makeAwkwardTree(dir: string, options: AwkwardOptions = {}): void {
  materialise(awkwardSpecs(options), dir);
}

/** What `makeAwkwardTree` makes, as data. */
export function awkwardSpecs(options: AwkwardOptions = {}): TreeSpec[] {
  const seed = options.seed ?? "awkward";
  return [
    ...order(),
    ...content(seed),
    ...kinds(seed),
    ...attributes(),
    ...names(),
    ...longPaths(),
    ...(options.huge ? [file("data/huge-sparse", { content: Buffer.from("head"), size: 9 * 2 ** 30 })] : []),
    ...(options.year1969 ? [file("attr/1969", { mtime: -86_400 })] : []),
    dir(".", { path: "" as BytePath, mtime: 1_500_000_000 }),
  ];
}

type More = Partial<TreeSpec>;
const entry = (type: TreeSpec["type"], path: string, more: More): TreeSpec => ({ path: pathFromText(path), type, ...more });
const file = (path: string, more: More = {}): TreeSpec => entry("file", path, { content: Buffer.from(`${path}\n`), ...more });
const dir = (path: string, more: More = {}): TreeSpec => entry("dir", path, more);
const symlink = (path: string, target: string, more: More = {}): TreeSpec =>
  entry("symlink", path, { target: pathFromText(target), ...more });

/** Names that sort otherwise as strings than as paths. */
function order(): TreeSpec[] {
  return ["a.txt", "a-b", "a b", "a!", "a0", "A", "a~", "a/x", "a/.x", "a.d/x", "a-d/x"].map((name) => file(`order/${name}`));
}

function content(seed: string): TreeSpec[] {
  const edges = [0, 1, 511, 512, 513, 10_240, 65_535, 65_536, 65_537, 131_072];
  return [
    ...edges.map((size) =>
      file(`data/size-${String(size).padStart(6, "0")}`, { content: randomContent(`${seed}${size}`, size) }),
    ),
    file("data/big-random", { content: randomContent(`${seed}big`, 3_500_000) }),
    file("data/big-text", { content: textContent(`${seed}text`, 1_200_000) }),
    file("data/zeros", { content: Buffer.alloc(300_000) }),
    ...[300_000, 500_001, 700_000, 899_999].map((size) =>
      file(`data/medium-${size}`, { content: randomContent(`${seed}m${size}`, size) }),
    ),
  ];
}

function kinds(seed: string): TreeSpec[] {
  const latin1 = (text: string) => text as BytePath;
  return [
    file("kind/hard-1", { content: textContent(`${seed}hard`, 2000) }),
    entry("hardlink", "kind/hard-2", { target: pathFromText("kind/hard-1") }),
    entry("hardlink", "names/hard-3", { target: pathFromText("kind/hard-1") }),
    symlink("kind/relative", "../data/size-000001"),
    symlink("kind/absolute", "/etc/hostname"),
    symlink("kind/dangling", "no/such/thing"),
    symlink("kind/to-dir", "../order/a"),
    symlink("kind/to-dir-slash", "../order/a/"),
    symlink("kind/long-target", Array.from({ length: 30 }, (_, i) => `target-${i}`).join("/")),
    symlink("kind/target-100", "t".repeat(100)),
    symlink("kind/target-101", "t".repeat(101)),
    symlink("kind/odd-target", "", { target: latin1("caf\xe9/\xff\n") }),
    symlink("kind/foreign", "nowhere", { uid: 65534, gid: 12345 }),
    entry("fifo", "kind/fifo", { mode: 0o640 }),
    entry("chardev", "kind/null", { mode: 0o666, device: { major: 1, minor: 3 } }),
    entry("blockdev", "kind/block", { mode: 0o660, device: { major: 259, minor: 70_000 } }),
    entry("socket", "kind/socket", { mode: 0o700 }),
    dir("kind/empty-dir"),
    dir("kind/read-only-dir", { mode: 0o555 }),
    file("kind/read-only-dir/one", { mode: 0o444 }),
    file("kind/read-only-dir/sub/two"),
    dir("kind/old-dir", { mtime: 86_400 }),
    file("kind/old-dir/new", { mtime: 1_700_000_000 }),
  ];
}

function attributes(): TreeSpec[] {
  return [
    file("attr/setuid", { mode: 0o4755 }),
    file("attr/setgid", { mode: 0o2755 }),
    file("attr/all-bits", { mode: 0o7777, uid: 1, gid: 1 }),
    dir("attr/sticky", { mode: 0o1777 }),
    dir("attr/setgid-dir", { mode: 0o2775 }),
    file("attr/mode-000", { mode: 0 }),
    dir("attr/dir-000", { mode: 0 }),
    file("attr/dir-000/inside"),
    file("attr/daemon", { uid: 1, gid: 1 }),
    file("attr/nobody", { uid: 65534, gid: 65534 }),
    file("attr/unknown", { uid: 12_345, gid: 23_456 }),
    file("attr/large-ids", { uid: 3_000_000, gid: 3_000_001 }),
    dir("attr/large-ids-dir", { uid: 3_000_000, gid: 3_000_001 }),
    file("attr/epoch", { mtime: 0 }),
    file("attr/year-2100", { mtime: 4_102_444_800 }),
    file("attr/fraction", { mtime: 1_600_000_000.75 }),
    dir("attr/fraction-dir", { mtime: 1_600_000_000.25 }),
  ];
}

function names(): TreeSpec[] {
  const text = [
    [
      "name with spaces",
      " leading",
      "trailing ",
      "two  spaces",
      "new\nline",
      "\n",
      "tab\there",
      "cr\rhere",
      "back\\slash",
      "back\\nslash",
    ],
    [
      'double"quote',
      "single'quote",
      "$x",
      "$HOME",
      "`tick`",
      "star*",
      "quest?ion",
      "br[a]cket",
      "{brace}",
      "-dash",
      "--full",
      "#hash",
    ],
    [
      "%41",
      "semi;colon",
      "colon:",
      "at@",
      "comma,",
      "control\x01\x7f",
      "escape\x1b[2J",
      ".hidden",
      "...",
      "~",
      "żółć",
      "日本語のファイル",
    ],
    ["emoji-🎉", "\u00e9-nfc", "e\u0301-nfd", "rtl-שלום", "ends in.part", "snapshot", "multivol_snapshot", "0"],
  ].flat();
  const bytes = ["latin1-\xe9", "bytes-\xff\xfe", "half-\xe6\x97", "\x80", "dir-\xe9/in it", "dir-\xe9/\xc0\xaf"];
  return [
    ...text.map((name) => file(`names/${name}`)),
    ...bytes.map((name) => file("", { path: `names/${name}` as BytePath, content: Buffer.from("not UTF-8\n") })),
    dir("", { path: "names/empty-\xfc" as BytePath }),
  ];
}

/** Around the 100 and 255 bytes of a tar header's name and prefix, and of a file system's name. */
function longPaths(): TreeSpec[] {
  const deep = (segments: number) =>
    Array.from({ length: segments }, (_, i) => `a-segment-of-a-deep-path-${String(i).padStart(2, "0")}`).join("/");
  return [
    ...[98, 99, 100, 101, 155, 156].map((length) => file(`long/${"p".repeat(length - 5)}`)),
    ...[100, 101].map((length) => dir(`long/${"d".repeat(length - 5)}`)),
    file(`long/${deep(5)}/file`),
    file(`long/${deep(12)}/file`),
    file(`long/${"n".repeat(255)}`),
    file(`long/${"ü".repeat(127)}`),
    file(`long/${"s".repeat(120)}/${"n".repeat(255)}`),
    symlink(`long/${"l".repeat(120)}`, `${"s".repeat(120)}/${"n".repeat(255)}`),
  ];
}
