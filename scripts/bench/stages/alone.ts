/** Run by `npm run bench -- --only stages,scaling`: one part of the pipeline in a process of its own. Prints bytes and seconds. */
import { compress } from "./compress.ts";
import { check, encrypt, hash, open, store } from "./sealed.ts";
import { read, walk, write } from "./tree.ts";

const [stage = "", from = "", ...rest] = process.argv.slice(2);
const STAGES: Readonly<Record<string, () => number | Promise<number>>> = {
  walk: () => walk(from),
  read: () => read(from),
  write: () => write(from, rest[0]!),
  encrypt: () => encrypt(from),
  hash: () => hash(from),
  store: () => store(from, rest[0]!),
  check: () => check(from),
  open: () => open(from),
};

if (stage === "compress") {
  process.stdout.write(JSON.stringify(await compress(from, Number(rest[0]), Number(rest[1]))));
} else {
  const run = STAGES[stage];
  if (run === undefined) throw new Error(`there is no stage ${stage}`);
  const began = performance.now();
  const bytes = await run();
  process.stdout.write(JSON.stringify({ bytes, seconds: (performance.now() - began) / 1000 }));
}
