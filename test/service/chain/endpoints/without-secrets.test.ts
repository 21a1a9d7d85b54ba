// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, test } from "vitest";
import { withoutSecrets } from "../../../../service/chain/endpoints/without-secrets.ts";

describe("an endpoint's words are shown without what its URL holds:", () => {
  test.each([
    ["https://a.example/v2/k3y0fApr0vider", "no such key: k3y0fApr0vider", "no such key: …"],
    ["https://a.example/v2/k3y0f", "unknown path /v2/k3y0f", "unknown path …"],
    ["https://a.example/?apikey=secretive&x=1", "secretive is over its quota", "… is over its quota"],
    ["https://a.example/ethereum", "ethereum: rate limit", "ethereum: rate limit"],
    ["https://a.example/rate/block", "block range is generated", "block range is generated"],
    ["https://user:passw@a.example/", "credentials in https://user:passw@a.example/", "credentials in …"],
    ["https://a.example/k%2Bey12345", "no key k+ey12345, k%2Bey12345", "no key …, …"],
    ["not a url k3y", "cannot read not a url k3y", "cannot read …"],
  ])("%s: %s", (url, words, shown) => {
    expect(withoutSecrets(words, url)).toBe(shown);
  });
});
