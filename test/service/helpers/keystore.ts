// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { foundryBinary } from "../../../script/foundry.mjs";

/** A keystore made by the real `cast wallet import`; gives its path. */
export function importKey(folder: string, name: string, privateKey: string, password: string): string {
  execFileSync(foundryBinary("cast"), [
    ...["wallet", "import", name, "--keystore-dir", folder],
    ...["--private-key", privateKey, "--unsafe-password", password],
  ]);
  return join(folder, name);
}

/** What the real `cast` reads from a keystore with a password file: the account's address. */
export function castAddress(keystore: string, passwordFile: string): string {
  const args = ["wallet", "address", "--keystore", keystore, "--password-file", passwordFile];
  return execFileSync(foundryBinary("cast"), args, { encoding: "utf8" }).trim();
}
