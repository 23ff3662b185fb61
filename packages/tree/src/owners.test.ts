import { describe, expect, it } from "vitest";
import { OwnerNames } from "./owners.ts";

const passwd = "root:x:0:0:root:/root:/bin/sh\n# note\ntoor:x:0:0::/:\nodd\xe9:x:7:7::/:\nroot:x:9:9::/:\nbad:x:-1:0::/:\n+nis\n";

describe("OwnerNames", () => {
  it("takes the first line for a name or number, as bytes", () => {
    const owners = new OwnerNames(Buffer.from(passwd, "latin1"), Buffer.from("wheel:x:0:\n"));
    expect(owners.userName(0)).toBe("root");
    expect(owners.userName(7)).toBe("odd\xe9");
    expect(owners.uid("root")).toBe(0);
    expect(owners.uid("toor")).toBe(0);
    expect(owners.groupName(0)).toBe("wheel");
    expect(owners.gid("wheel")).toBe(0);
  });

  it("has no name for others", () => {
    const owners = new OwnerNames(Buffer.from(passwd, "latin1"), new Uint8Array(0));
    expect(owners.userName(12)).toBe("");
    expect(owners.groupName(0)).toBe("");
    expect(owners.uid("")).toBeUndefined();
    expect(owners.uid("bad")).toBeUndefined();
  });

  it("knows root on every system", () => {
    expect(OwnerNames.system().userName(0)).toBe("root");
  });
});
