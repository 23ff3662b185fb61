import fc from "fast-check";
import { expect, it } from "vitest";
import { isOurs, sidOf } from "./sids.ts";

const prefix = fc
  .array(
    fc.stringMatching(/^[ -~]{1,12}$/).map((name) => name.replaceAll("/", "_")),
    { maxLength: 3 },
  )
  .map((names) => names.map((name) => `${name}/`).join(""));
const role = fc.constantFrom("writer", "monitor", "restorer", "keeper", "place");
const part = fc.constantFrom("Bucket", "List", "Objects", "NeverOverwrite", "NothingElse", "OwnsNothing", "Tls", "Owner");

it("an id has letters and digits only, and belongs to its own server and role alone", () => {
  fc.assert(
    fc.property(prefix, prefix, role, role, part, (one, other, role1, role2, name) => {
      const sid = sidOf(role1, name, one);
      expect(sid).toMatch(/^[A-Za-z0-9]+$/);
      expect(isOurs(sid, [role1], one)).toBe(true);
      expect(isOurs(sid, [role2], other)).toBe(role1 === role2 && one === other);
    }),
  );
});

it.each([
  undefined,
  "",
  "Statement1",
  "DoppelWriter",
  "DoppelWriterZ2Fweb1",
  "DoppelWriterOf2Z2Fweb1",
  "XDoppelWriterListZ2Fweb1",
])("%s is somebody else's", (sid) => {
  expect(isOurs(sid, ["writer"], "web1/")).toBe(false);
});
