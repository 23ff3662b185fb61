/** Options of Node for running one of our TypeScript sources in a process of its own. */
export const TSX = ["-C", "@doppel/source", "--import", "tsx"] as const;
