import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, gpgHome, run, stockDuplicity, tempDir, testKey } from "@doppel/testkit";
import { expect, it } from "vitest";
import { keysFromSecretKey, openTarget } from "@doppel/engine";
import { backUpDatabase } from "./database-dump.ts";

const KEY = testKey("rsa");

async function sql(file: string, text: string): Promise<string> {
  const { code, stdout, stderr } = await run("sqlite3", ["-bail", file], { input: text });
  if (code !== 0) throw new Error(stderr.toString());
  return stdout.toString();
}

describeInterop(["sqlite3", "duplicity", "gpg"], "the dump of a database, night after night", () => {
  it("is restored by stock duplicity as any night had it, and each night stores what has changed", async () => {
    const dir = tempDir();
    const database = join(dir, "app.db");
    const rows = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000)";
    await sql(
      database,
      `create table t(i integer primary key, name text); ${rows} insert into t select i, hex(randomblob(50)) from n;`,
    );
    const job = {
      kind: "sqlite",
      database,
      target: `file://${dir}/target`,
      key: readFileSync(KEY.publicFile),
      archiveDir: join(dir, "archive"),
    };
    const states = [];
    const reports = [];
    for (const change of [
      "",
      "update t set name = 'changed' where i = 30000;",
      "delete from t where i > 59000; create index k on t(name);",
    ]) {
      await sql(database, change);
      states.push(await sql(database, ".dump"));
      reports.push(await backUpDatabase(job));
      await new Promise((resolve) => setTimeout(resolve, 1100)); // a set is named by its second
    }
    expect(reports.map(({ set }) => set.id.kind)).toEqual(["full", "inc", "inc"]);
    expect(states[0]!.length).toBeGreaterThan(6_000_000);
    expect(reports[1]!.statistics.rawDeltaSize).toBeLessThan(20_000);

    await using home = await gpgHome([KEY.name]);
    using stock = stockDuplicity(home);
    for (const [night, state] of states.entries()) {
      const time = String(reports[night]!.set.id.end.getTime() / 1000);
      const into = join(dir, `night-${night}`);
      const { code, stderr } = await stock.run(["restore", "--time", time, `file://${dir}/target`, into], {
        PASSPHRASE: KEY.passphrase,
      });
      expect([code, stderr.toString()]).toEqual([0, expect.anything()]);
      expect(readFileSync(join(into, "dump.sql"), "utf8") === state).toBe(true);
      expect(statSync(join(into, "dump.sql")).mode & 0o777).toBe(0o600);
    }
    await sql(join(dir, "again.db"), readFileSync(join(dir, "night-2/dump.sql"), "utf8"));
    expect(await sql(join(dir, "again.db"), "select count(*) from t;")).toBe("59000\n");

    await using target = await openTarget(job.target, { keys: keysFromSecretKey(readFileSync(KEY.secretFile), KEY.passphrase) });
    const chunks = [];
    for await (const chunk of target.read("dump.sql", { time: reports[1]!.set.id.end })) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString() === states[1]).toBe(true);
  });

  it("that fails is no backup", async () => {
    const dir = tempDir();
    const database = join(dir, "app.db");
    writeFileSync(database, "this is no database, however long it may be".repeat(100));
    const job = {
      kind: "sqlite",
      database,
      target: `file://${dir}/target`,
      key: readFileSync(KEY.publicFile),
      archiveDir: join(dir, "archive"),
    };
    await expect(backUpDatabase(job)).rejects.toThrow("sqlite3 failed");
    await expect(backUpDatabase({ ...job, kind: "oracle" })).rejects.toThrow("no database that is known here");
    await using target = await openTarget(job.target);
    expect(await target.backups()).toEqual([]);
  });
});
