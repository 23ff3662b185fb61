import type { CleanupReport, KeptChain, RemovedChain } from "@doppel/engine/internal";
import type { Result } from "./renderer.ts";

type Fields = Readonly<Record<string, unknown>>;
type BackupSet = RemovedChain["sets"][number];

/** What goes and what stays, as fields of a `result`: `applied` is whether it was done. */
export function planResultFields(result: Extract<Result, { kind: "retention" | "cleanup" | "replicate" }>): Fields {
  switch (result.kind) {
    case "retention": {
      const { target, plan, applied } = result.report;
      return {
        kind: "retention",
        target,
        applied,
        removed: plan.removed.map(({ chain, sets, whole, damage }) => {
          return { ...chainFields(chain), whole, sets: sets.map(setFields), damage: damage.map(damageFields) };
        }),
        kept: plan.kept.map(({ chain, reason, periods, damage, insteadOf }) => {
          const damaged = { damage: damage.map(damageFields), insteadOf: insteadOf.map(damageFields) };
          return { ...chainFields(chain), reason, periods, ...damaged };
        }),
        warnings: plan.warnings,
        deletions: plan.deletions,
      };
    }
    case "cleanup": {
      const { target, plan, applied } = result.report;
      const { deletions, loose, unreachable, uploads, recentUploads, ...sets } = plan;
      const lists = Object.entries(sets).map(([name, list]) => [name, list.map(setFields)] as const);
      const told = unreachable.map(({ set, obstacle }) => ({ ...setFields(set), obstacle }));
      const unfinished = { uploads: uploads.map(uploadFields), recentUploads: recentUploads.map(uploadFields) };
      return {
        kind: "cleanup",
        target,
        applied,
        ...Object.fromEntries(lists),
        unreachable: told,
        loose,
        ...unfinished,
        deletions,
      };
    }
    case "replicate": {
      const { from, to, sets } = result.report;
      return {
        kind: "replicate",
        from,
        to,
        sets: sets.map(({ set, outcome, objects, bytes, checked, errors }) => {
          const told = errors.map(({ code, message, data }) => ({ code, message, data }));
          return { ...setFields(set), outcome, objects, bytes, checked, errors: told };
        }),
      };
    }
  }
}

export function setFields({ id, volumes, encoding }: BackupSet): Fields {
  return { ...idFields(id), volumes: volumes.size, encrypted: encoding === "gpg" };
}

/** An increment also has the time that it begins at. */
export function idFields({ kind, start, end }: BackupSet["id"]): Fields {
  return { set: kind, ...(kind === "inc" && { start }), time: end };
}

function uploadFields({ name, begun }: CleanupReport["plan"]["uploads"][number]): Fields {
  return { name, begun };
}

function damageFields({ set, losses }: KeptChain["damage"][number]): Fields {
  return { ...idFields(set.id), losses };
}

function chainFields({ start, end, incrementals }: KeptChain["chain"]): Fields {
  return { start, end, backups: 1 + incrementals.length };
}
