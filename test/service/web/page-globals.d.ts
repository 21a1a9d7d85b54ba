// SPDX-License-Identifier: AGPL-3.0-only
// What functions use that run in the page: all of a browser's types would contradict those of Node's.
interface PageEvent {
  readonly violatedDirective: string;
  readonly blockedURI: string;
  readonly sample: string;
  readonly detail: unknown;
}
declare const document: {
  readonly documentElement: { readonly scrollWidth: number };
  querySelector(selector: string): object | null;
  addEventListener(name: string, listener: (event: PageEvent) => void): void;
};
declare const window: object;
declare const innerWidth: number;
declare function addEventListener(name: string, listener: (event: PageEvent) => void): void;
declare function dispatchEvent(event: Event): boolean;
