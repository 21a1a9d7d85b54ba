// SPDX-License-Identifier: AGPL-3.0-only
import { MachineError } from "./machine.ts";

/** One run of the machine, as requests name it: both numbers in decimal, in JSON. */
export interface Run {
  readonly program: bigint;
  readonly input: bigint;
}

/** An inputUri that holds the run itself. */
export function runUri({ program, input }: Run): string {
  const json = JSON.stringify({ program: String(program), input: String(input) });
  return `data:application/json,${encodeURIComponent(json)}`;
}

/**
 * The run that an inputUri holds. Nothing is fetched: whoever posts a request chooses where that would be.
 * @throws MachineError for any other address or content
 */
export async function runIn(uri: string): Promise<Run> {
  if (!/^data:/i.test(uri)) throw new MachineError("the request's inputUri is no data: address");
  const value: unknown = await fetch(uri)
    .then((response) => response.json())
    .catch((cause) => {
      throw new MachineError("a run is JSON with program and input", { cause });
    });
  const field = (name: "program" | "input") => {
    const number = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
    if (typeof number === "string" && /^\d{1,78}$/.test(number)) return BigInt(number);
    throw new MachineError(`${name}: not a decimal number in a string`);
  };
  return { program: field("program"), input: field("input") };
}
