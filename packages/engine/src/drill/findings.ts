import { type BytePath, displayPath, type Runtime } from "@doppel/base";

/** Lines that are kept; a damaged backup may have as many as files. */
const MOST = 200;

/** What a drill comes upon. */
export class Findings {
  readonly #problems: string[] = [];
  readonly #warnings: string[] = [];
  readonly #unwritten = new Set<BytePath | undefined>();
  #more = 0;
  #withoutIndex = false;

  problem(line: string): void {
    if (this.#problems.includes(line)) return;
    if (this.#problems.length < MOST) this.#problems.push(line);
    else this.#more++;
  }

  warning(line: string): void {
    if (this.#warnings.length < MOST && !this.#warnings.includes(line)) this.#warnings.push(line);
  }

  /** The backup has it, and this machine cannot hold it: a device without root, a name that is too long. */
  unwritten(path: BytePath | undefined, detail: string): void {
    this.#unwritten.add(path);
    this.warning(`${path === undefined ? "" : `${displayPath(path)}: `}${detail}`);
  }

  isUnwritten(path: BytePath): boolean {
    return this.#unwritten.has(path);
  }

  /** The same runtime, of whose events those that tell of something lost are findings and are emitted no more. */
  listening(runtime: Runtime): Runtime {
    return {
      ...runtime,
      emit: (event) => {
        if (event.type !== "notice") runtime.emit(event);
        else if (event.incomplete)
          this.problem(`${event.path === undefined ? "" : `${displayPath(event.path)}: `}${event.detail}`);
        else {
          if (event.reason === "metadata") this.#withoutIndex = true;
          this.warning(event.detail);
        }
      },
    };
  }

  /** An index could not be used. */
  get isWithoutIndex(): boolean {
    return this.#withoutIndex;
  }

  get problems(): readonly string[] {
    return this.#more === 0 ? this.#problems : [...this.#problems, `and ${this.#more} more of the kind`];
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }
}
