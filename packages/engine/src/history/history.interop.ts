import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathFromText } from "@doppel/base";
import { openStorage } from "@doppel/storage";
import { describeInterop, stockDuplicity, tempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { changesInSet, fileChanged } from "../changes.ts";
import { list } from "../list.ts";
import { all, depsOf, hour, prefixes, testRuntime } from "./test-support.ts";

describeInterop(["duplicity"], "a chain that stock duplicity made, without its archive directory", () => {
  it("is listed as stock lists it at every time, with the same changes", async () => {
    using stock = stockDuplicity();
    const [source, backup] = [join(tempDir(), "source"), tempDir()];
    const run = async (args: readonly string[], n: number) => {
      const time = ["--current-time", String(hour(n).getTime() / 1000)];
      const result = await stock.run([...args, "--no-encryption", ...time]);
      if (result.code !== 0) throw new Error(`duplicity ${args[0]}: exit ${result.code}: ${result.stderr.toString()}`);
      return result.stdout.toString("latin1");
    };
    let step = 0;
    // A time of its own for each step: a file that changed within one second has not changed for any duplicity.
    const put = (name: string, content: string) => {
      writeFileSync(join(source, name), content);
      utimesSync(join(source, name), 1_600_000_000 + step, 1_600_000_000 + step);
    };
    const edits = [
      () => {
        for (const folder of ["", "d", "d/e"]) mkdirSync(join(source, folder));
        for (const name of ["a", "a.txt", "d/x", "d/e/deep", "d/with blank", "ż"]) put(name, name);
        // Not a file: stock's --show-changes-in-set ends with a stack trace at a file whose name is not UTF-8.
        symlinkSync("a", Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0xff, 0x20, 0x2e])]));
      },
      () => {
        put("a", "longer than before");
        rmSync(join(source, "d/e"), { recursive: true });
        symlinkSync("a", join(source, "link"));
      },
      () => {
        rmSync(join(source, "d"), { recursive: true });
        put("d", "now a file");
        rmSync(join(source, "ż"));
      },
    ];
    for (const [n, change] of edits.entries()) {
      step = n;
      change();
      await run([n === 0 ? "full" : "inc", source, `file://${backup}`], n);
    }
    const purpose = { cwd: "/", purpose: "read", random: testRuntime().random } as const;
    await using storage = await openStorage(`file://${backup}`, purpose);
    const deps = depsOf(storage, tempDir());
    for (const n of edits.keys()) {
      const listed = await all(list({ time: hour(n), prefixes }, deps, testRuntime()));
      const ours = listed.map(({ path, mtime }) => `${asctime(mtime)} ${path === "" ? "." : path}`);
      const theirs = await run(["list-current-files", "--time", String(hour(n).getTime() / 1000), `file://${backup}`], 5);
      const lines = theirs.split("\n").filter((line) => /^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4} /.test(line));
      expect(ours).toEqual(lines);

      const report = await changesInSet({ index: n, prefixes }, deps, testRuntime());
      const changes = (await all(report.changes())).map(({ kind, path }) => `${path} ${kind}`);
      const told = await run(["collection-status", "--show-changes-in-set", String(n), `file://${backup}`], 5);
      expect(told).toContain(`Total number of changes: ${changes.length}\n`);
      const rows = told
        .slice(told.indexOf("Type of file change"))
        .split("\n")
        .slice(1, 1 + changes.length);
      expect(changes).toEqual(
        rows.map((row) =>
          row
            .replace(/^"(.*?)"/, "$1")
            .replace(/\\x20/g, " ")
            .replace(/ +(\w+)$/, " $1"),
        ),
      );
    }
    const told = await run(["collection-status", "--file-changed", "a", `file://${backup}`], 5);
    const ours = await fileChanged({ path: pathFromText("a"), prefixes }, deps, testRuntime());
    expect(ours.map(({ set, kind }) => [set.kind, asctime(set.end.getTime() / 1000), kind])).toEqual(
      [...told.matchAll(/^ +(Full|Incremental) +(\w{3} .*?\d{4}) +b?'?(\w+)'?$/gm)].map(([, kind, time, what]) => [
        kind === "Full" ? "full" : "inc",
        time,
        what!.toLowerCase(),
      ]),
    );
    expect(ours).toHaveLength(2);
  });
});

/** As C's asctime writes it, in UTC. */
function asctime(seconds: number): string {
  const [day, date, month, year, clock] = new Date(seconds * 1000).toUTCString().replace(",", "").split(" ");
  return `${day} ${month} ${String(Number(date)).padStart(2)} ${clock} ${year}`;
}
