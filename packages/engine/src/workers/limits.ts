/** What a thread's short-lived objects may take, megabytes; without, up to 48 in each of some five threads. */
export const LIMITS = { maxYoungGenerationSizeMb: 12 };
