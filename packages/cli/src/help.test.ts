import { expect, it } from "vitest";
import { helpText } from "./help.ts";

it("shows an option where it has an effect, not where it is merely taken", async () => {
  expect(await helpText("full", 100)).toContain("--hidden-encrypt-key KEY");
  for (const command of ["restore", "status", "list", "recipe"] as const)
    expect(await helpText(command, 100)).not.toContain("encrypt-key");
});
