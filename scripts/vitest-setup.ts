/** Vitest's global setup: builds the program once, before any test file runs it. Files that ran the build each would collide. */
import { buildIfStale } from "./build.ts";

export default buildIfStale;
