// What a command needs no more memory for is taken from V8 by its flags, before anything else is loaded.
import { setFlagsFromString } from "node:v8";

/** By command. */
const FLAGS = new Map([
  // Loading leaves much garbage, and the heap of a server would keep the size: 50 MB that nobody needs. What ends soon
  // has no use for it, and is slower where much is computed.
  ["serve", "--optimize-for-size"],
  // Long texts are parsed into V8's old space, where what was read and folded may pile up to four times what is kept:
  // here to one and a half times, for a quarter more of the processor's time.
  ["audit", "--heap-growing-percent=150"],
]);

/**
 * Has this process take only as much memory as a command needs.
 * @param {string | undefined} command by its name, as the command line has it
 */
export function spareMemory(command = "") {
  const flag = FLAGS.get(command);
  if (flag !== undefined) setFlagsFromString(flag);
}
