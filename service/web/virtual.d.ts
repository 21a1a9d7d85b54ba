// SPDX-License-Identifier: AGPL-3.0-only
declare module "virtual:lens-code" {
  export const lensCode: `0x${string}`;
}
