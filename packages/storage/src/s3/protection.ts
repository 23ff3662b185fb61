/** What keeps an object from being written over. */
export interface ProtectionState {
  /** By one request: the server refuses it ("server"), or we look first ("look"), which two writers at once can get past. */
  readonly put: "server" | "look";
  /** By completing an upload in parts. */
  readonly complete: "server" | "look";
  /** An answer has shown that the bucket keeps versions; otherwise that is not known. */
  readonly versioned?: true;
}

/**
 * What is known about the server's part in it. Every write carries `If-None-Match: *`, but most servers that do not know the
 * header say nothing (some say 501: to them it is not sent again), and trying it out would write over something. So it is believed of AWS, which documents it, and
 * of whoever has refused a write because of it.
 */
export class Protection {
  #put: ProtectionState["put"];
  #complete: ProtectionState["complete"];
  #sent = true;
  #versioned = false;
  readonly #changed: (state: ProtectionState) => void;

  constructor(isAws: boolean, changed: (state: ProtectionState) => void) {
    this.#put = this.#complete = isAws ? "server" : "look";
    this.#changed = changed;
  }

  get state(): ProtectionState {
    return { put: this.#put, complete: this.#complete, ...(this.#versioned && { versioned: true }) };
  }

  /** What goes with every write. */
  get header(): { readonly IfNoneMatch?: "*" } {
    return this.#sent ? { IfNoneMatch: "*" } : {};
  }

  /** A write failed with this code: whether it is worth sending again without the header, which the server may not know. */
  dropHeader(code: string): boolean {
    if (code !== "NotImplemented" || !this.#sent) return false;
    this.#sent = false;
    this.#put = this.#complete = "look";
    this.#changed(this.state);
    return true;
  }

  /** The server has refused such a write with 412. */
  proven(write: "put" | "complete"): void {
    if (this.state[write] === "server") return;
    if (write === "put") this.#put = "server";
    else this.#complete = "server";
    this.#changed(this.state);
  }

  /** An answer had this as `x-amz-version-id`: "null" where versioning is suspended, nothing where there never was any. */
  sawVersion(id: string | undefined): void {
    if (id === undefined || id === "null" || this.#versioned) return;
    this.#versioned = true;
    this.#changed(this.state);
  }
}

/** For people. What is not known is not promised. */
export function describeProtection({ put, complete, versioned }: ProtectionState): string {
  const how = { server: "enforced by the server", look: "looked up before each write" };
  if (put === "server" && complete === "server") return `create-only: ${how.server}`;
  const both = put === complete ? how[put] : `of small objects ${how[put]}, of large ones ${how[complete]}`;
  const otherwise = versioned
    ? "the bucket keeps versions of what somebody else writes over"
    : "whether the bucket keeps versions is not known: without them or Object Lock, what somebody else writes over is lost";
  return `create-only: ${both}; ${otherwise}`;
}
