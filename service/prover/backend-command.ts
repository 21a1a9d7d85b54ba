// SPDX-License-Identifier: AGPL-3.0-only
import { spawn } from "node:child_process";
import { setImmediate } from "node:timers/promises";
import type { Ask } from "./answer.ts";

/** Of a line, or of all that a tool prints which spreads its answer over several. Zk proofs have some hundred bytes. */
const MAX_ANSWER = 1_048_576;
const LAST_WORDS = 300;
/** Between being asked to end and being ended. */
const GRACE_MS = 2_000;
/** Of reading lines at a stretch: whoever floods keeps nobody else from their turn. */
const WORK_MS = 5;

/**
 * Asks a program that is started for each question: one JSON document on its standard input, and the first answer on its standard
 * output, alone on a line or all that it prints. Other lines are its own affair. It is ended, with all that it started,
 * once it has answered or nobody listens any more.
 */
export function askCommand(command: string): Ask {
  return (question, signal, isAnswer) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      // A group of its own, which is what is ended.
      const child = spawn(command, { shell: true, detached: true, stdio: ["pipe", "pipe", "pipe"] });
      let printed = "";
      let tooMuch = false;
      let line = "";
      let lineTooLong = false;
      let said = "";
      let answered = false;

      const end = (name: NodeJS.Signals) => {
        try {
          if (child.pid !== undefined) process.kill(-child.pid, name);
        } catch {
          // It has ended.
        }
      };
      const stop = () => {
        end("SIGTERM");
        setTimeout(() => end("SIGKILL"), GRACE_MS).unref();
      };
      const abandoned = () => {
        stop();
        reject(signal.reason);
      };
      const settle = (action: () => void) => {
        signal.removeEventListener("abort", abandoned);
        action();
      };
      const take = (text: string) => {
        const answer = answerIn(text, isAnswer);
        if (answered || answer === undefined) return;
        answered = true;
        stop();
        settle(() => resolve(answer));
      };
      signal.addEventListener("abort", abandoned, { once: true });

      const reading = (async () => {
        let rest = performance.now() + WORK_MS;
        for await (const chunk of child.stdout.setEncoding("utf8")) {
          if (answered || signal.aborted) continue;
          tooMuch ||= printed.length + chunk.length > MAX_ANSWER;
          printed = tooMuch ? "" : printed + chunk;
          const parts = (chunk as string).split("\n");
          for (const [i, part] of parts.entries()) {
            lineTooLong ||= line.length + part.length > MAX_ANSWER;
            line = lineTooLong ? "" : line + part;
            if (i === parts.length - 1) break;
            take(line);
            if (answered || signal.aborted) break;
            line = "";
            lineTooLong = false;
            if (performance.now() < rest) continue;
            await setImmediate();
            rest = performance.now() + WORK_MS;
          }
        }
        // What cannot be read to its end has none.
      })().catch(() => undefined);
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        said = (said + chunk).slice(-LAST_WORDS);
      });
      // Whoever does not read the question may still answer.
      child.stdin.on("error", () => undefined).end(`${question}\n`);
      child.once("error", (cause) =>
        settle(() => reject(new Error(`the backend does not start: ${cause.message}`))),
      );
      child.once("close", async (code, name) => {
        await reading;
        take(line);
        take(printed);
        if (answered) return;
        const how = name === null ? `code ${code}` : name;
        const words = said.trim().split("\n").at(-1);
        settle(() =>
          reject(new Error(`the backend ended with ${how} and no answer${words ? `: ${words}` : ""}`)),
        );
      });
    });
}

/** One document: JSON, or the bare words or bytes that tools print. */
function answerIn(text: string, isAnswer: (document: unknown) => boolean): unknown {
  const trimmed = text.trim();
  if (/^0x[0-9a-fA-F]{256,}$/.test(trimmed)) return { proof: trimmed };
  if (!/^[[{]/.test(trimmed)) return undefined;
  for (const json of [trimmed, `[${trimmed}]`]) {
    try {
      const document: unknown = JSON.parse(json);
      if (isAnswer(document)) return document;
    } catch {
      // Something else that it prints.
    }
  }
  return undefined;
}
