// SPDX-License-Identifier: AGPL-3.0-only
/** What is used of autocannon, which brings no types. */
declare module "autocannon" {
  interface Options {
    readonly url: string;
    readonly connections: number;
    /** Of requests. */
    readonly amount?: number;
    /** Seconds. */
    readonly duration?: number;
    /** Requests a second, of all connections together. */
    readonly overallRate?: number;
    readonly requests: readonly { readonly setupRequest: (request: { path: string }) => { path: string } }[];
  }

  interface Result {
    readonly requests: { readonly total: number; readonly average: number };
    /** Milliseconds. */
    readonly latency: { readonly p99: number };
    readonly non2xx: number;
    readonly errors: number;
  }

  export default function autocannon(options: Options): Promise<Result>;
}
