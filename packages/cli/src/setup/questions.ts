import { isDoppelError, DoppelError } from "@doppel/base";
import type { Session } from "../session.ts";

/** What is asked where no answer was given. */
export interface Question<T> {
  readonly text: string;
  /** What an empty line means. */
  readonly suggestion?: string;
  /** The answer where nobody can be asked; without it an answer has to be given. */
  readonly otherwise?: T;
  /** @throws cli.usage, which is shown, and then it is asked again */
  readonly parse: (typed: string) => T;
}

/**
 * Asks what has not been answered: on a terminal one after the other, and without one not at all: then all that is missing is
 * told at once.
 */
export class Questions {
  readonly #ask: Session["ask"];
  readonly #missing: string[] = [];
  #asked = 0;
  #somebody = true;

  constructor(ask: Session["ask"]) {
    this.#ask = ask;
  }

  /** Whether a person has answered something. */
  get hasPerson(): boolean {
    return this.#somebody && this.#asked > 0;
  }

  /**
   * @param option  by which it is answered on the command line
   * @returns undefined only when it is missing, which `complete` tells
   */
  async answer<T>(option: string, given: T | undefined, question: Question<T>): Promise<T | undefined> {
    if (given !== undefined) return given;
    const { text, suggestion, otherwise, parse } = question;
    const asked = `${text}${suggestion === undefined ? "" : ` [${suggestion}]`}: `;
    for (let before = ""; ; ) {
      const typed = await this.typed(`${before}${asked}`);
      if (typed === undefined) break;
      try {
        return parse(typed === "" && suggestion !== undefined ? suggestion : typed);
      } catch (error) {
        if (!isDoppelError(error, "cli.usage")) throw error;
        before = `${error.message}\n`;
      }
    }
    if (otherwise === undefined) this.#missing.push(option);
    return otherwise;
  }

  /** What a person types, without blanks around it; undefined when there is nobody. @throws cli.usage when he ends it (Ctrl-D) */
  async typed(question: string, shows = true): Promise<string | undefined> {
    if (!this.#somebody) return undefined;
    const typed = await this.#ask(question, shows);
    if (typed === undefined && this.#asked > 0) throw new DoppelError("cli.usage", "stopped: nothing was written", {});
    if (typed === undefined) this.#somebody = false;
    else this.#asked++;
    return typed?.trim();
  }

  missing(option: string): void {
    this.#missing.push(option);
  }

  /** @throws cli.usage that names every answer that is missing */
  complete(): void {
    if (this.#missing.length === 0) return;
    const message = `there is nobody to ask, and these answers are missing: ${this.#missing.join(", ")}; give them as options, or in a file (--answers FILE)`;
    throw new DoppelError("cli.usage", message, {});
  }
}
