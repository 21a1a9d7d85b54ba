// SPDX-License-Identifier: AGPL-3.0-only
import { testLiars } from "./told-lies.ts";

testLiars(100);
