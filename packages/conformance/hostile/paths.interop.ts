import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { isRoot } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { dir, file, type Forged, forgeSet, ROOT, symlink, tar } from "../badinput/forged-set.ts";
import { forgeIncrement, forgeIndex, laidOut, pax } from "./forge.ts";
import { expectTold, makeYard, treeBelow, type Yard } from "./yard.ts";

/** What an enemy puts behind the root; what the program says of it; what of it may be there. "outside" is a folder beside the target. */
interface Attack {
  readonly name: string;
  readonly entries: readonly Forged[];
  readonly told: RegExp;
  readonly left?: RegExp;
}

const ATTACKS: readonly Attack[] = [
  { name: "an absolute path", entries: [{ name: "/tmp/doppel-outside" }], told: /doppel-outside/ },
  { name: "an absolute path behind the prefix", entries: [file("/tmp/doppel-outside")], told: /its name is absolute/ },
  {
    name: "an absolute path in a pax header",
    entries: [pax({ path: "snapshot//etc/doppel-canary" }), file("a")],
    told: /absolute/,
  },
  {
    name: "a long name that leads up",
    entries: [longName(`snapshot/${"../".repeat(60)}tmp/doppel-outside`), file("a")],
    told: /".."/,
  },
  { name: "..", entries: [file("../outside/x")], told: /\.\.\/outside/ },
  { name: ".. as a folder", entries: [dir(".."), file("../outside/x")], told: /".."/ },
  {
    name: ".. behind folders",
    entries: [dir("a"), dir("a/b"), file("a/b/../../../outside/x")],
    told: /".."/,
    left: /^a(\/b)?$/,
  },
  { name: ".. at the end of a symlink's name", entries: [symlink("a/..", "x")], told: /".."/ },
  { name: ".. in a piece of a file", entries: [{ name: "multivol_snapshot/../outside/x/1", content: "x" }], told: /".."/ },
  {
    name: "a backslash, which is a letter here",
    entries: [file("..\\outside\\x")],
    told: /^$|restore/i,
    left: /^\.\.\\outside\\x$/,
  },
  { name: "a file below a symlink", entries: [symlink("a", "../outside"), file("a/x")], told: /\ba\/x\b/, left: /^a$/ },
  {
    name: "a file below an absolute symlink",
    entries: [symlink("a", "/etc"), file("a/doppel-canary")],
    told: /\ba\//,
    left: /^a$/,
  },
  {
    name: "a file that replaces another below a symlink",
    entries: [symlink("a", "../outside"), file("a/canary", "forged\n")],
    told: /\ba\/canary\b/,
    left: /^a$/,
  },
  {
    name: "a folder below a symlink",
    entries: [symlink("a", "../outside"), dir("a/x"), file("a/x/y")],
    told: /\ba\/x/,
    left: /^a$/,
  },
  {
    name: "a folder's mode through a symlink",
    entries: [symlink("a", "../outside"), { ...dir("a/folder"), mode: 0o777 }],
    told: /\ba\/folder/,
    left: /^a$/,
  },
  {
    name: "a symlink through a symlink",
    entries: [symlink("a", "b"), symlink("b", "../outside"), file("b/x")],
    told: /\bb\/x/,
    left: /^[ab]$/,
  },
  {
    name: "a symlink to the folder it lies in",
    entries: [symlink("a", "."), file("a/x"), file("a/z")],
    told: /\ba\/x/,
    left: /^a$/,
  },
  {
    name: "a symlink, then a folder of its name",
    entries: [symlink("a", "../outside"), dir("a"), file("a/x")],
    told: /\ba\b.*(twice|order)/,
    left: /^a$/,
  },
  {
    name: "a piece of a file, then a symlink of its name",
    entries: [{ name: "multivol_snapshot/a/1", content: "x" }, symlink("a", "../outside/canary")],
    told: /\ba\b/,
    left: /^a$/,
  },
  {
    name: "a hard link to a file outside",
    entries: [{ name: "snapshot/a", type: "1", link: "../outside/canary" }, file("b")],
    told: /type "1", which no backup has/,
  },
  {
    name: "a hard link to an absolute path",
    entries: [{ name: "snapshot/a", type: "1", link: "/etc/passwd" }],
    told: /type "1", which no backup has/,
  },
  {
    name: "a hard link to a symlink in the backup",
    entries: [symlink("a", "../outside/canary"), { name: "snapshot/b", type: "1", link: "a" }, file("b", "forged\n")],
    told: /type "1"/,
    left: /^a$/,
  },
  { name: "a contiguous file, a label, a sparse file", entries: [{ ...file("a"), type: "7" }], told: /type "7"/ },
  { name: "a GNU sparse file", entries: [{ ...file("a"), type: "S" }], told: /type "S"/ },
  { name: "a GNU dump of a folder", entries: [{ ...dir("a"), type: "D" }], told: /type "D"/ },
  { name: "a NUL in a name", entries: [pax({ path: "snapshot/a\0b" }), file("x")], told: /NUL/ },
  {
    name: "a NUL in a link's target",
    entries: [pax({ linkpath: "a\0b" }), symlink("l", "x"), file("z")],
    told: /\bl\b.*NUL/,
    left: /^z$/,
  },
  { name: "an empty link target", entries: [symlink("l", ""), file("z")], told: /\bl\b/, left: /^z$/ },
  {
    name: "a link target of 64 KiB",
    entries: [pax({ linkpath: "x".repeat(65_536) }), symlink("l", "x"), file("z")],
    told: /\bl\b.*ENAMETOOLONG/,
    left: /^z$/,
  },
  {
    name: "a name of 64 KiB",
    entries: [longName(`snapshot/${"n".repeat(65_536)}`), file("a"), file("z")],
    told: /nnnn.*ENAMETOOLONG/,
    left: /^z$/,
  },
  {
    name: "a path of 64 KiB, of folders with one letter",
    entries: [longName(`snapshot/${"d/".repeat(32_768)}x`), file("a"), file("z")],
    told: /d\/d\/d/,
    left: /^(d\/)*[dz]$/,
  },
  { name: "a name that drives a terminal", entries: [file("\x1b[2J\r\n\x07evil"), file("../x")], told: /".."/, left: /evil$/ },
];

function longName(name: string): Forged {
  return { name: "././@LongLink", type: "L", content: `${name}\0` };
}

/** Nothing may be there but what the attack says, and that only as the backup has it. */
function expectContained(yard: Yard, left: RegExp = /^$/): void {
  yard.expectUntouched();
  for (const name of treeBelow(yard.restored)) expect(name).toMatch(left);
}

const codes = ({ left }: Attack): number[] => (left ? [0, 3, 21] : [3, 21]);

describe("an attack by names and links, in one set", () => {
  it.each(ATTACKS)("$name", async (attack) => {
    const yard = makeYard(({ target }) => forgeSet(target, [tar([ROOT, ...attack.entries])]));
    expectTold(await yard.attack(), attack.told, codes(attack));
    expectContained(yard, attack.left);
  });
});

describe("an attack by names and links, in an increment", () => {
  it.each(ATTACKS)("$name", async (attack) => {
    const yard = makeYard(({ target }) => {
      forgeSet(target, [tar([ROOT, dir("a"), file("a/kept"), file("z")])]);
      forgeIncrement(target, [tar(attack.entries)]);
    });
    expectTold(await yard.attack(), attack.told, [0, 3, 21]);
    expectContained(yard, new RegExp(`${attack.left?.source ?? "^$"}|^(a|a/kept|z)$`));
  });
});

describe("a folder that becomes a symlink between sets", () => {
  it.each<[string, readonly Forged[], readonly Forged[]]>([
    ["and the old one's files are not deleted", [dir("a"), file("a/x"), dir("a/y"), file("a/y/z")], [symlink("a", "../outside")]],
    ["and the new one has files, too", [dir("a")], [symlink("a", "../outside"), file("a/canary", "forged\n"), file("a/x")]],
    [
      "in the full set, and the increment puts files below it",
      [symlink("a", "../outside")],
      [file("a/canary", "x"), file("a/x")],
    ],
    [
      "in the full set, and is deleted in the increment, with files below",
      [symlink("a", "../outside")],
      [{ name: "deleted/a" }, file("a/x")],
    ],
  ])("%s", async (_, full, increment) => {
    const yard = makeYard(({ target }) => {
      forgeSet(target, [tar([ROOT, ...full, file("z")])]);
      forgeIncrement(target, [tar(increment)]);
    });
    const outcome = await yard.attack();
    expect([0, 3, 21]).toContain(outcome.code);
    expectContained(yard, /^(a|a\/x|a\/canary|z)$/);
    expect(treeBelow(yard.restored)).toContain("z");
  });
});

describe("the root of what is restored is a symlink", () => {
  const ATTEMPTS: readonly [string, readonly Forged[], readonly string[]][] = [
    ["the root itself", [{ ...symlink("", "outside"), name: "snapshot/" }, file("x"), dir("y"), file("y/z")], []],
    ["one path, with files below it", [ROOT, symlink("a", "outside"), file("a/x"), file("a/y/z")], ["--path-to-restore", "a"]],
    ["one path, renamed", [ROOT, symlink("a", "outside"), file("a/x")], ["--rename", "a", "b"]],
    ["one path, renamed to the root", [symlink("a", "outside"), file("a/x"), file("b"), file("c/d")], ["--rename", "a", "."]],
    ["one path, renamed over another", [symlink("a", "outside"), file("b/x")], ["--rename", "a", "b"]],
  ];
  it.each(ATTEMPTS)("%s", async (_, entries, options) => {
    for (const more of [[], ["--force"], ["--threads", "1"]]) {
      const yard = makeYard(({ target }) => forgeSet(target, [tar(entries)]));
      expect([3, 20, 21]).toContain((await yard.attack([...options, ...more])).code);
      yard.expectUntouched();
    }
  });

  it.each(ATTEMPTS)("%s, over a target that is a link", async (_, entries, options) => {
    const yard = makeYard(({ path, target, restored }) => {
      forgeSet(target, [tar(entries)]);
      mkdirSync(join(path, "real"));
      symlinkSync("real", restored);
    });
    for (const more of [[], ["--force"]]) await yard.attack([...options, ...more]);
    yard.expectUntouched();
  });
});

describe("an attack through the index", () => {
  const entries = [ROOT, symlink("a", "../outside"), file("a/x"), file("b")];
  const { bytes, offsets } = laidOut(entries);
  const lines = [
    { path: "", type: "d", offset: offsets[0]! },
    { path: "a", type: "l", target: "../outside", offset: offsets[1]!, mode: 0o644 },
    { path: "a/x", type: "f", content: "a/x\n", offset: offsets[2]! },
    { path: "b", type: "f", content: "b\n", offset: offsets[3]! },
  ] as const;

  it("a sound one is used", async () => {
    const yard = makeYard(({ target }) => {
      forgeSet(target, [bytes]);
      forgeIndex(target, bytes.length, lines);
    });
    const outcome = await yard.attack(["--path-to-restore", "b"]);
    expect([outcome.code, outcome.stderr]).toEqual([0, expect.not.stringContaining("index")]);
    expect(readFileSync(yard.restored, "utf8")).toBe("b\n");
  });

  it("a file below a symlink", async () => {
    const yard = makeYard(({ target }) => {
      forgeSet(target, [bytes]);
      forgeIndex(target, bytes.length, lines);
    });
    expectTold(await yard.attack(["--path-to-restore", "a"]), /\bx\b/, [3, 20, 21]);
    yard.expectUntouched();
    expect(readlinkSync(yard.restored)).toBe("../outside");
  });

  it.each<[string, readonly object[]]>([
    ["a path that leads up", [{ ...lines[3], path: "b/../../outside/x" }]],
    ["another type than the volume has", [{ ...lines[1], path: "b", offset: offsets[3] }]],
    ["another path than the volume has", [{ ...lines[3], offset: offsets[2] }]],
    ["a place beyond the volume", [{ ...lines[3], offset: bytes.length + 512 }]],
    ["a place of 2^53", [{ ...lines[3], offset: Number.MAX_SAFE_INTEGER }]],
    ["a place in the middle of a header", [{ ...lines[3], offset: offsets[3]! + 100 }]],
  ])("%s", async (_, forged) => {
    const yard = makeYard(({ target }) => {
      forgeSet(target, [bytes]);
      forgeIndex(target, bytes.length, forged as never);
    });
    const outcome = await yard.attack(["--path-to-restore", (forged[0] as { path: string }).path]);
    expect([0, 2, 3, 19, 20, 21]).toContain(outcome.code);
    yard.expectUntouched();
    if (existsSync(yard.restored)) expect(readFileSync(yard.restored, "utf8")).toBe("b\n");
  });
});

describe("names that differ in case, or are written in two ways, are different names here", () => {
  it("and a symlink of one is not followed by the other", async () => {
    const nfc = Buffer.from("\u00e9").toString("latin1");
    const nfd = Buffer.from("e\u0301").toString("latin1");
    const names = ["A/x", "\u00c5/x", `${nfd}/x`, `${nfc}/x`, "a"];
    const yard = makeYard(({ target }) =>
      forgeSet(target, [
        tar([ROOT, symlink("A", "../outside"), dir("a"), file("a/x"), symlink(nfd, "../outside"), dir(nfc), file(`${nfc}/x`)]),
      ]),
    );
    expect(names.length).toBe(5);
    expect((await yard.attack()).code).toBe(0);
    expectContained(yard, /./);
    expect(readFileSync(join(yard.restored, "a/x"), "utf8")).toBe("a/x\n");
    expect(readdirSync(yard.restored)).toHaveLength(4);
  });
});

describe("special objects", () => {
  const special = [
    { ...file("a"), mode: 0o6755, uid: 0 },
    { name: "snapshot/b", type: "3", device: ["0000001", "0000003"] as const, mode: 0o666 },
    { name: "snapshot/c", type: "4", device: ["0000300", "0000000"] as const, mode: 0o666 },
    { name: "snapshot/d", type: "6", mode: 0o622 },
    { ...dir("e"), mode: 0o7777 },
    file("z"),
  ];
  const forge = ({ target }: { target: string }): void => forgeSet(target, [tar([ROOT, ...special])]);

  it.runIf(isRoot)("come back to root as they were, which a system needs, and as stock does", async () => {
    const yard = makeYard(forge);
    expect((await yard.attack()).code).toBe(0);
    const modes = treeBelow(yard.restored).map((name) => lstatSync(join(yard.restored, name)).mode.toString(8));
    expect(modes).toEqual(["106755", "20666", "60666", "10622", "47777", "100644"]);
    yard.expectUntouched();
  });

  it("are not made when not asked for, which --no-restore-ownership says: no device, no setuid, no setgid", async () => {
    const yard = makeYard(forge);
    const outcome = await yard.attack(["--no-restore-ownership"]);
    expectTold(outcome, /\bb: devices are not made/, [3]);
    expect(outcome.stderr).toMatch(/\ba: its setuid or setgid bit was not restored/);
    const modes = treeBelow(yard.restored).map((name) => [name, lstatSync(join(yard.restored, name)).mode.toString(8)]);
    expect(modes).toEqual([
      ["a", "100755"],
      ["d", "10622"],
      ["e", "47777"],
      ["z", "100644"],
    ]);
    yard.expectUntouched();
  });

  it.each<[string, readonly Forged[], RegExp]>([
    [
      "a device with absurd numbers",
      [{ name: "snapshot/b", type: "3", device: ["7777777", "7777777"] }, file("z")],
      /\bb\b.*device/,
    ],
    ["an owner of 2^40", [pax({ uid: String(2 ** 40), gid: String(2 ** 40) }), file("b"), file("z")], /\bb\b.*owner/],
    ["a negative owner", [pax({ uid: "-1" }), file("b"), file("z")], /number in a header/],
    ["a time of 2^53", [pax({ mtime: String(Number.MAX_SAFE_INTEGER) }), file("b"), file("z")], /^$|\bb\b/],
    ["a time that is none", [pax({ mtime: "tomorrow" }), file("b"), file("z")], /number in a header/],
    ["a time of 1e400", [pax({ mtime: "9".repeat(400) }), file("b"), file("z")], /number in a header/],
    ["a user name with a NUL", [pax({ uname: "ro\0ot" }), file("b"), file("z")], /^$|\bb\b/],
    ["a mode that is no number", [{ ...file("b"), mode: Number.NaN }, file("z")], /number in a header/],
  ])("%s", async (_, entries, told) => {
    const yard = makeYard(({ target }) => forgeSet(target, [tar([ROOT, ...entries])]));
    expectTold(await yard.attack(), told, [0, 3, 21]);
    expectContained(yard, /^[bz]$/);
  });
});
