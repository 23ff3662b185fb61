/** Command lines that we take otherwise than duplicity 0.8.22 does, and why. The names D1-Z15 are those of the contract. */
export const DEVIATIONS: readonly {
  readonly why: string;
  readonly instead: "taken" | "refused";
  /** As the recorded rows spell them. */
  readonly lines: readonly string[];
}[] = [];
