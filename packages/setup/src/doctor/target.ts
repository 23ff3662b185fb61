import { DoppelError, isDoppelError } from "@doppel/base";
import type { Check } from "./context.ts";

/** Whether it can be opened and listed with these credentials. */
export const target: Check = async ({ target: { label, list, folder } }) => {
  const id = "target";
  try {
    const count = await list();
    return [
      {
        id,
        level: "pass",
        title: `${label} can be listed: ${count === 0 ? "it is empty" : `${count} object${count === 1 ? "" : "s"}`}`,
      },
    ];
  } catch (error) {
    if (isDoppelError(error, "storage.not-found") && folder !== undefined) {
      const remedy = "check the path, and whether its disk is mounted; otherwise the first backup makes it";
      return [{ id, level: "warn", title: `${label} does not exist`, remedy }];
    }
    if (isDoppelError(error, "storage.credentials") || isDoppelError(error, "storage.denied")) {
      return [{ id, level: "fail", title: `${label} cannot be listed with these credentials`, detail: error.message }];
    }
    if (error instanceof DoppelError) return [{ id, level: "fail", title: `${label} cannot be opened`, detail: error.message }];
    throw error;
  }
};
