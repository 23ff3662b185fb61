import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { S3Error } from "./error.ts";
import { FaultBook, faultError, type S3FaultEffect, type S3FaultRule } from "./faults.ts";
import { type Gate, listenHttp } from "./listen.ts";
import { deliver, errorReply } from "./reply.ts";
import { type OpenRequest, openRecord } from "./request-record.ts";
import type { S3Request, S3Site } from "./types.ts";
import { BrokenOff, breakOff, drained, receive, send } from "./wire.ts";

/** A site as before, seen and disturbed on the way to it. */
export interface S3Proxy extends S3Site, AsyncDisposable {
  readonly requests: readonly S3Request[];
  fault(rule: S3FaultRule): void;
  clearFaults(): void;
}

/**
 * Stands in front of a server (http only) at an address of its own, keeps a list of the requests, and does to them what
 * the rules say. Headers pass unchanged, the host too, so that signatures stay right; disposing does not touch the server.
 */
export async function startS3Proxy(site: S3Site): Promise<S3Proxy> {
  const faults = new FaultBook();
  const requests: OpenRequest[] = [];
  const agent = new Agent({ keepAlive: false });
  const nameOf = (id: string) => (["admin", "append"] as const).find((name) => site[name].accessKeyId === id) ?? id;
  const listener = await listenHttp(async (request, response, gate) => {
    const record = openRecord(request, nameOf);
    requests.push(record);
    try {
      await pass(request, response, gate, record, faults.effectOn(record));
    } catch (error) {
      if (error instanceof BrokenOff) return;
      response.destroy(error as Error);
    }
  });
  return {
    ...site,
    endpoint: listener.endpoint,
    requests,
    fault: (rule) => faults.add(rule),
    clearFaults: () => faults.clear(),
    [Symbol.asyncDispose]: async () => {
      await listener[Symbol.asyncDispose]();
      agent.destroy();
    },
  };

  async function pass(
    request: IncomingMessage,
    response: ServerResponse,
    gate: Gate,
    record: OpenRequest,
    effect: S3FaultEffect | undefined,
  ): Promise<void> {
    if (effect?.kind === "reset" && effect.at === "start") await breakOff(request, effect);
    gate.open();
    const body = receive(request, effect, (count) => (record.bytes += count));
    const now = new Date();
    const instead = effect?.kind === "errorIn200" ? errorIn200(effect.code) : faultError(effect, request, now);
    if (instead !== undefined) {
      if (effect?.kind === "errorIn200" && effect.done === true) await drain(await forward(request, body));
      else await drain(body);
      record.status = instead.status;
      return deliver(request, response, errorReply(instead, record.path, true), undefined, now);
    }
    const answer = await forward(request, body);
    if (effect?.kind === "lostAnswer") {
      await drain(answer);
      await breakOff(request, undefined);
    }
    record.status = answer.statusCode ?? 0;
    response.sendDate = false;
    response.writeHead(record.status, answer.rawHeaders);
    await send(request, response, answer as AsyncIterable<Uint8Array>, effect);
    answer.destroy();
  }

  /** Sends the request on, body and all; its answer, of which only the head has come. */
  async function forward(request: IncomingMessage, body: AsyncIterable<Uint8Array>): Promise<IncomingMessage> {
    const { method, url } = request;
    const { hostname, port } = new URL(site.endpoint);
    const headers = pairs(request.rawHeaders).filter(([name]) => name.toLowerCase() !== "expect");
    const onward = httpRequest({ agent, hostname, port, method, path: url, setHost: false, headers: headers.flat() });
    const answered = new Promise<IncomingMessage>((resolve, reject) => onward.once("response", resolve).once("error", reject));
    answered.catch(() => {}); // it may fail before the body has been sent
    try {
      for await (const chunk of body) {
        if (onward.destroyed) break;
        if (!onward.write(chunk)) await drained(onward);
      }
      onward.end();
    } catch (error) {
      onward.destroy();
      throw error;
    }
    return answered;
  }
}

function errorIn200(code = "InternalError"): S3Error {
  return new S3Error(200, code, "We encountered an internal error. Please try again.");
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

function pairs(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index]!, raw[2 * index + 1]!]);
}
