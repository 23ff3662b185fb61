import { DoppelError, type ErrorCode, type ErrorData } from "@doppel/base";

/** An error on its way between threads: cloning one would lose its class, and a DoppelError its code. Causes are left out. */
export interface SerialisedError {
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly data?: unknown;
}

export function serialise(error: unknown): SerialisedError {
  if (!(error instanceof Error)) return { message: String(error) };
  const base = { message: error.message, ...(error.stack ? { stack: error.stack } : {}) };
  return error instanceof DoppelError ? { ...base, code: error.code, data: error.data } : base;
}

export function revive(error: SerialisedError): Error {
  if (error.code !== undefined) {
    const code = error.code as ErrorCode;
    return new DoppelError(code, error.message, error.data as ErrorData[typeof code]);
  }
  const plain = new Error(error.message);
  if (error.stack !== undefined) plain.stack = error.stack;
  return plain;
}
