import { type RunResult, run } from "@doppel/testkit";

/** Waits for a text (a regular expression of Python's) and types an answer, in which `\1` is what its first group found. */
export type Reply = readonly [pattern: string, answer: string];

/** What Python's pty module does for it; the last element of its list of arguments is the command. */
const DRIVER = `
import json, os, pty, re, select, sys
replies, command = json.loads(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
screen, at = b"", 0
while True:
    ready, _, _ = select.select([terminal], [], [], 60)
    try:
        more = os.read(terminal, 65536) if ready else b""
    except OSError:
        more = b""
    if not more:
        break
    screen += more
    while replies:
        found = re.compile(replies[0][0].encode(), re.S).search(screen, at)
        if not found:
            break
        at = found.end()
        os.write(terminal, found.expand(replies.pop(0)[1].encode()) + b"\\r")
sys.stdout.buffer.write(screen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
`;

/** Runs a command on a terminal of its own, with somebody who types. Standard output is what was on the screen. */
export function onTerminal(
  command: readonly string[],
  replies: readonly Reply[],
  options: { readonly env: Readonly<Record<string, string | undefined>>; readonly cwd: string },
): Promise<RunResult> {
  return run("python3", ["-c", DRIVER, JSON.stringify(replies), ...command], options);
}
