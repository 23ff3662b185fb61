import type { PolicyDocument, PolicyStatement, Seen } from "@doppel/storage";
import type { Role } from "./roles.ts";
import { isOurs } from "./sids.ts";
import type { Advice } from "./warnings.ts";

type Holder = Role | "place";

/** What a change of the bucket's policy takes from those who had a role of this server: whom, and which statements. */
export function replacedIn(
  before: Seen<PolicyDocument>,
  after: PolicyDocument,
  holders: readonly Holder[],
  prefix: string,
): readonly Advice[] {
  if (before.kind !== "is") return [];
  const old = [before.value.Statement].flat();
  return holders.flatMap((holder) => {
    const [was, is] = [old, after.Statement].map((all) => all.filter(({ Sid }) => isOurs(Sid, [holder], prefix)));
    const [from, to] = [holdersOf(was!), holdersOf(is!)];
    const gone = was!.filter(({ Sid }) => !is!.some((one) => one.Sid === Sid)).map(({ Sid }) => Sid);
    const who = holder === "place" ? "owner" : holder;
    return [
      ...(was!.length > 0 && from !== to ? [replaced(`${who} was ${from}, is ${to}`)] : []),
      ...(gone.length > 0
        ? [replaced(`statements of the ${who} that were in the bucket's policy are removed: ${gone.join(", ")}`)]
        : []),
    ];
  });
}

/** Which of these have statements in a policy. */
export function holdersIn<H extends Holder>(seen: Seen<PolicyDocument>, roles: readonly H[], prefix: string): readonly H[] {
  if (seen.kind !== "is") return [];
  const statements = [seen.value.Statement].flat();
  return roles.filter((role) => statements.some((statement) => isOurs(statement?.Sid, [role], prefix)));
}

function holdersOf(statements: readonly PolicyStatement[]): string {
  const named = statements.flatMap(({ Principal }) => (typeof Principal === "object" ? Principal.AWS : (Principal ?? [])));
  return [...new Set(named)].sort().join(", ");
}

function replaced(text: string): Advice {
  return { level: "warning", code: "replaced", text };
}
