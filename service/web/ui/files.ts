// SPDX-License-Identifier: AGPL-3.0-only

/** Has the browser keep a file. */
export function saveFile(name: string, contents: string | Uint8Array<ArrayBuffer>): void {
  const type = typeof contents === "string" ? "application/json" : "application/octet-stream";
  const url = URL.createObjectURL(new Blob([contents], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Firefox begins to read it later.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
