import { type GpgHome, gpgHome, reference, stockDuplicity } from "@doppel/testkit";
import { type Ended, type SealName, SEALS } from "./machine.ts";
import type { SoakPlace } from "./places.ts";

/** Stock duplicity at the same place, with an archive directory of its own. */
export interface SoakStock extends AsyncDisposable {
  backup(kind: string, time: number, source: string): Promise<Ended>;
  restore(time: number, out: string): Promise<Ended>;
}

/** undefined: it is not installed, or cannot reach that place. */
export async function openStock(place: SoakPlace, sealName: SealName): Promise<SoakStock | undefined> {
  const needed = ["duplicity", ...(place.bucket ? ["python:boto3"] : []), ...(sealName === "none" ? [] : ["gpg"])];
  if (needed.some((program) => reference(program) === undefined)) return undefined;
  const seal = SEALS[sealName];
  const home: GpgHome | undefined = sealName === "none" ? undefined : await gpgHome(sealName === "public key" ? ["curve"] : []);
  const program = stockDuplicity(home);
  const run = async (args: readonly string[]): Promise<Ended> => {
    const all = [...args.slice(0, -2), "--name", "n", ...seal.stock, ...place.options, ...args.slice(-2)];
    const { code, stdout, stderr } = await program.run(all, { ...place.env("keeper"), ...seal.readingEnv });
    return { code, text: `${stdout.toString()}${stderr.toString()}` };
  };
  return {
    backup: (kind, time, source) =>
      run([kind, "--current-time", `${time}`, "--volsize", "1", "--allow-source-mismatch", source, place.stockUrl]),
    restore: (time, out) => run(["restore", "-t", `${time}`, place.stockUrl, out]),
    async [Symbol.asyncDispose]() {
      program[Symbol.dispose]();
      await home?.[Symbol.asyncDispose]();
    },
  };
}
