// SPDX-License-Identifier: AGPL-3.0-only

/** The list as it is opened: the rows that a window shows, and a few. The rest is asked for in larger pages. */
export const FIRST_PAGE = { limit: 25, epochs: 1, sort: "stake", order: "descending" } as const;

/** Milliseconds until an API that is silent counts as one that does not answer. */
const SILENT = 20_000;

const answers = new Map<string, Promise<Response>>();

/** Asks the API for what is shown first, while the rest of the page's code is still on its way. */
function askFirst(): void {
  const params = new URLSearchParams(location.search);
  const isAlone = params.has("distributor") && !params.has("api");
  const base = URL.parse(params.get("api") ?? ".", location.href)?.href.replace(/\/$/, "");
  if (isAlone || base === undefined) return;
  ask(`${base}/v1/network`);
  if (!/^#?\/?$/.test(location.hash)) return;
  const query = Object.entries(FIRST_PAGE).map(([name, value]) => `${name}=${value}`);
  ask(`${base}/v1/provers?${query.join("&")}`);
}

function ask(url: string): void {
  const answer = fetch(url, { signal: AbortSignal.timeout(SILENT) });
  // Whoever takes it is told.
  answer.catch(() => undefined);
  answers.set(url, answer);
}

/** As `fetch`, but nobody is waited for for ever; what was asked for first is taken once. */
export function fetchOnce(request: Request): Promise<Response> {
  const answer = answers.get(request.url);
  answers.delete(request.url);
  return answer ?? fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(SILENT)]) });
}

/** When nothing that is shown first is waited for any more. */
export async function firstAnswers(): Promise<void> {
  await Promise.allSettled(answers.values());
}

askFirst();
