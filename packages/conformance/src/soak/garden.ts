import { randomContent, textContent, type TreeSpec } from "@doppel/testkit";
import { Evolving, spliced } from "../edits.ts";
import type { Dice } from "./dice.ts";

const ODD_NAMES = ["new\nline", "bytes-\xff\xfe", "caf\xe9", "n".repeat(255), " blank ", "-dash", "*[?]", "quote'\"\\"];
const BORDERS = [0, 1, 511, 512, 513, 2047, 2048, 2049, 65_535, 65_536, 65_537];

/** From there on nothing large is added. */
const MOST_BYTES = 7_000_000;

/** A source of some hundred entries that is edited at random, in every way that a tree can change. */
export class Garden {
  readonly #tree = new Evolving();
  readonly #gone: string[] = [];
  #count = 0;

  constructor(dice: Dice) {
    for (let i = 0; i < 12; i++) this.#tree.put(`${i % 2 ? "logs" : "docs/old"}/${this.#fresh(dice)}`, this.#content(dice));
    for (const size of BORDERS) this.#tree.put(`sizes/${size}`, textContent(`${size}`, size));
    for (const name of ODD_NAMES) this.#tree.put(`names/${name}`, this.#content(dice));
    for (let i = 0; i < 90; i++) this.#tree.put(`many/${i % 7}/${i}`, textContent(`${i}`, dice.below(3000)));
    this.#tree.put("large/random", randomContent("large", 1_900_000));
    this.#tree.put("large/text", textContent("large", 900_000));
    this.#tree.put("large/grows", randomContent("grows", 700_000));
    this.#tree.make("types/fifo", "fifo");
    this.#tree.link("types/link", "../docs");
    this.#tree.make("types/empty", "dir", { mode: 0o2750 });
  }

  get specs(): readonly TreeSpec[] {
    return this.#tree.tree;
  }

  /** Some edits. @returns what kinds, for people */
  edit(dice: Dice, most = 12): string {
    const kinds: string[] = [];
    for (let left = dice.below(most + 1); left > 0; left--) {
      this.#tree.next(); // a time of its own for each: of one size and time two contents would be one
      const kind = dice.pick(Object.keys(this.#edits));
      this.#edits[kind]!(dice);
      kinds.push(kind);
    }
    return kinds.length === 0 ? "nothing" : [...new Set(kinds)].join(", ");
  }

  readonly #edits: Readonly<Record<string, (dice: Dice) => void>> = {
    add: (dice) => this.#tree.put(this.#newPath(dice), this.#content(dice)),
    "add deep": (dice) => this.#tree.put(`${this.#newPath(dice)}/${this.#fresh(dice)}/${this.#fresh(dice)}`, this.#content(dice)),
    "add a folder of files": (dice) => {
      const folder = this.#newPath(dice);
      for (let left = 5 + dice.below(10); left > 0 && this.specs.length < 250; left--)
        this.#tree.put(`${folder}/${this.#fresh(dice)}`, this.#content(dice));
    },
    "add empty folder": (dice) => this.#tree.make(this.#newPath(dice), "dir", { mode: dice.pick([0o755, 0o700, 0o2770]) }),
    "add fifo": (dice) => this.#tree.make(this.#newPath(dice), "fifo"),
    "add link": (dice) =>
      this.#tree.link(this.#newPath(dice), dice.pick(["elsewhere", "../docs", "/etc/passwd", "names/caf\xe9"])),
    append: (dice) => this.#change(dice, (content) => Buffer.concat([content, this.#content(dice)])),
    insert: (dice) => this.#change(dice, (content) => spliced(content, dice.below(content.length + 1), 0, "inserted")),
    overwrite: (dice) => this.#change(dice, (content) => spliced(content, dice.below(content.length + 1), 9, "0123456789")),
    cut: (dice) => this.#change(dice, (content) => content.subarray(0, dice.below(content.length + 1))),
    "cut the head": (dice) => this.#change(dice, (content) => content.subarray(dice.below(content.length + 1))),
    empty: (dice) => this.#change(dice, () => Buffer.alloc(0)),
    replace: (dice) => this.#change(dice, () => this.#content(dice)),
    "to a border": (dice) => this.#change(dice, () => textContent(`${this.#count}`, dice.pick(BORDERS))),
    "grow over volumes": (dice) =>
      this.#renew("large/grows", randomContent(`${dice.below(1e9)}`, 300_000 + dice.below(1_500_000))),
    "an edit in a large file": (dice) => {
      const at = dice.below(1_800_000);
      this.#renew("large/random", randomContent("large", 1_900_000).fill(`edit ${dice.below(1e6)}`, at, at + 5000));
    },
    mode: (dice) => this.#attributes(dice, { mode: dice.pick([0o600, 0o644, 0o755, 0o4755, 0o444]) }),
    owner: (dice) => this.#attributes(dice, { uid: dice.below(3), gid: dice.pick([0, 1, 65_534]) }),
    "time only": (dice) => this.#attributes(dice, { mtime: 1_500_000_000 + dice.below(90_000_000) }),
    "file to folder": (dice) => this.#become(dice, "file", (path) => this.#tree.put(`${path}/inside`, this.#content(dice))),
    "file to link": (dice) => this.#become(dice, "file", (path) => this.#tree.link(path, "other")),
    "file to fifo": (dice) => this.#become(dice, "file", (path) => this.#tree.make(path, "fifo")),
    "link to file": (dice) => this.#become(dice, "symlink", (path) => this.#tree.put(path, this.#content(dice))),
    "fifo to file": (dice) => this.#become(dice, "fifo", (path) => this.#tree.put(path, this.#content(dice))),
    "folder to file": (dice) => {
      const path = dice.pick(this.#folders());
      if (this.#below(path) > 20) return;
      this.#remove(path);
      this.#tree.put(path, this.#content(dice));
    },
    rename: (dice) => this.#onOne(dice, "file", (path) => this.#tree.rename(path, this.#newPath(dice))),
    "rename a folder": (dice) => {
      const [path, to] = [dice.pick(this.#folders()), this.#newPath(dice)];
      if (!to.startsWith(`${path}/`)) this.#tree.rename(path, to);
    },
    remove: (dice) => this.#onOne(dice, "file", (path) => this.#remove(path)),
    "remove a folder": (dice) => {
      const path = dice.pick(this.#folders());
      if (this.#below(path) < 20) this.#remove(path);
    },
    "back again": (dice) => {
      const path = this.#gone.length > 0 ? dice.pick(this.#gone) : this.#newPath(dice);
      this.#renew(path, this.#content(dice));
    },
  };

  /** Makes a file anew, unless something is in the way. */
  #renew(path: string, content: Buffer): void {
    const isThere = this.specs.some((spec) => spec.path === path && spec.type === "file");
    if (isThere || this.#isFree(path)) this.#tree.put(path, content);
  }

  #content(dice: Dice): Buffer {
    const isFull = this.specs.reduce((sum, { content }) => sum + (content?.length ?? 0), 0) > MOST_BYTES;
    const size = dice.weighed({ small: 6, middle: 3, large: isFull ? 0 : 1 });
    const length = { small: () => dice.below(3000), middle: () => dice.below(40_000), large: () => dice.below(400_000) }[size]();
    return (dice.chance(0.5) ? randomContent : textContent)(`${dice.below(1e9)}`, length);
  }

  #fresh(dice: Dice): string {
    const number = `${++this.#count}`;
    return dice.chance(0.1) ? `${dice.pick(ODD_NAMES).slice(0, 240)}${number}` : `f${number}`;
  }

  #newPath(dice: Dice): string {
    return dice.chance(0.1) ? this.#fresh(dice) : `${dice.pick(this.#folders())}/${this.#fresh(dice)}`;
  }

  /** All that have something in them, or are there in their own right; there is always one. */
  #folders(): string[] {
    const found = new Set<string>();
    for (const { path, type } of this.specs) {
      if (type === "dir") found.add(path);
      const parts = path.split("/");
      for (let depth = 1; depth < parts.length; depth++) found.add(parts.slice(0, depth).join("/"));
    }
    return found.size > 0 ? [...found] : ["folder"];
  }

  #below(folder: string): number {
    return this.specs.filter(({ path }) => path.startsWith(`${folder}/`)).length;
  }

  #isFree(wanted: string): boolean {
    return this.specs.every(
      ({ path, type }) => path !== wanted && !path.startsWith(`${wanted}/`) && (type === "dir" || !wanted.startsWith(`${path}/`)),
    );
  }

  #onOne(dice: Dice, type: TreeSpec["type"], action: (path: string) => void): void {
    const all = this.specs.filter((spec) => spec.type === type);
    if (all.length > 0) action(dice.pick(all).path);
  }

  #become(dice: Dice, type: TreeSpec["type"], make: (path: string) => void): void {
    this.#onOne(dice, type, (path) => {
      this.#tree.remove(path);
      make(path);
    });
  }

  #change(dice: Dice, change: (content: Buffer) => Buffer): void {
    this.#onOne(dice, "file", (path) => this.#tree.edit(path, change));
  }

  #attributes(dice: Dice, more: Partial<TreeSpec>): void {
    this.#onOne(dice, "file", (path) => this.#tree.change(path, more));
  }

  #remove(path: string): void {
    for (const { path: each, type } of this.specs)
      if (type === "file" && (each === path || each.startsWith(`${path}/`))) this.#gone.push(each);
    this.#tree.remove(path);
  }
}
