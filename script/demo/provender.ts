// SPDX-License-Identifier: AGPL-3.0-only
import { cli } from "../../test/service/helpers/cli.ts";
import { command } from "./print.ts";

/** Settings as environment variables; those of the viewer would lead the commands elsewhere. */
export type Settings = Readonly<Record<string, string>>;

/** The environment for processes of the command line, without settings of the viewer's own. */
export function bareEnv(settings: Settings = {}): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("PROVENDER_"));
  return { ...Object.fromEntries(others), ...settings };
}

/** Runs `provender …` in this process. @returns what it prints @throws with that, unless it ends with 0 */
export async function provender(args: readonly string[], env: Settings, shown = true): Promise<string> {
  const text = args.join(" ");
  if (shown) command(`npx provender ${text}`);
  const { code, stdout, stderr } = await cli(args, { env, cwd: process.cwd(), version: "demo" });
  if (code !== 0) throw new Error(`provender ${text} ended with ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** As JSON has it: amounts in digits. */
type Told<T> = T extends bigint ? string : T extends object ? { [K in keyof T]: Told<T[K]> } : T;

/** What a command says with --json. */
export async function asked<T>(args: readonly string[], env: Settings, shown = false): Promise<Told<T>> {
  return JSON.parse(await provender([...args, "--json"], env, shown)) as Told<T>;
}
